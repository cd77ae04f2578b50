/* Copy buttons: data-copy holds the text, or data-copy-target names the element that does, or data-copy-url where it is. */
import { showToast } from "./toast.js";

const DONE_MS = 1600;

async function writeText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http on a host other than localhost has no clipboard API.
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

async function textOf({ copy, copyTarget, copyUrl }) {
  if (copyTarget) return document.getElementById(copyTarget).textContent;
  if (!copyUrl) return copy;
  const answer = await fetch(copyUrl).catch(() => null);
  return answer?.ok ? answer.text() : null;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-target], [data-copy-url]");
  if (!button) return;
  const text = await textOf(button.dataset);
  if (text === null) return showToast("The text could not be loaded. Try again.", "error");
  await writeText(text);
  const name = button.dataset.copyName ?? (button.dataset.copyName = button.getAttribute("aria-label") ?? "");
  button.classList.add("is-done");
  button.setAttribute("aria-label", "Copied");
  setTimeout(() => {
    button.classList.remove("is-done");
    if (name) button.setAttribute("aria-label", name);
    else button.removeAttribute("aria-label");
  }, DONE_MS);
});
