/* Copy buttons: data-copy holds the text, or data-copy-target names the element that does. */
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

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-target]");
  if (!button) return;
  const target = button.dataset.copyTarget;
  await writeText(target ? document.getElementById(target).textContent : button.dataset.copy);
  const name = button.dataset.copyName ?? (button.dataset.copyName = button.getAttribute("aria-label") ?? "");
  button.classList.add("is-done");
  button.setAttribute("aria-label", "Copied");
  setTimeout(() => {
    button.classList.remove("is-done");
    if (name) button.setAttribute("aria-label", name);
    else button.removeAttribute("aria-label");
  }, DONE_MS);
});
