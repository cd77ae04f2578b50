/* The live switch: asks every second for the first page's rows, and shows them unless somebody is reading. What came
   meanwhile is then counted, and shown at a click. */
import { recall, remember } from "./cookies.js";
import { go } from "./go.js";

const EVERY_MS = 1_000;
let waiting = null;

const control = () => document.getElementById("live");
const body = () => document.getElementById("rows-body");
const isReading = () =>
  scrollY > 80
  || Boolean(document.getElementById("drawer")?.firstElementChild)
  || Boolean(String(getSelection()))
  || Boolean(document.querySelector("dialog[open], details.menu[open]"))
  || document.getElementById("selection")?.hidden === false;

function showPill(number) {
  let pill = document.getElementById("live-pill");
  if (!number) return pill?.remove();
  if (!pill) {
    pill = document.createElement("button");
    pill.type = "button";
    pill.id = "live-pill";
    pill.className = "live-pill";
    document.getElementById("requests").append(pill);
  }
  pill.textContent = `${number} new`;
}

function show(fresh) {
  waiting = null;
  showPill(0);
  const known = new Set([...body().children].map((row) => row.id));
  const focused = document.activeElement?.id;
  for (const row of fresh.children) if (!known.has(row.id)) row.classList.add("is-new");
  body().replaceWith(fresh);
  window.htmx.process(fresh);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new Event("rows:changed"));
}

async function ask() {
  if (!control()?.checked || document.hidden) return;
  const query = new URLSearchParams(location.search);
  query.set("known", (waiting ?? body())?.dataset.known ?? "");
  const address = location.href;
  const answer = await fetch(`${control().dataset.live}?${query}`, { headers: { "HX-Request": "true" } });
  if (answer.status !== 200 || answer.redirected || location.href !== address || !control()?.checked) return;
  const page = new DOMParser().parseFromString(`<table>${await answer.text()}</table>`, "text/html");
  const fresh = document.importNode(page.getElementById("rows-body"), true);
  // Where no request matched there is no table yet.
  if (!body()) return fresh.children.length ? go(location.search) : undefined;
  if (!isReading()) return show(fresh);
  waiting = fresh;
  showPill([...fresh.children].filter((row) => !document.getElementById(row.id)).length);
}

async function follow() {
  try {
    if (waiting && !isReading()) show(waiting);
    await ask();
  } catch {
    // The next second asks again.
  }
  setTimeout(follow, EVERY_MS);
}

function restore() {
  if (control()) control().checked = recall("live") === "1";
  waiting = null;
}

document.addEventListener("change", (event) => {
  if (event.target === control()) remember("live", event.target.checked ? "1" : "");
});

document.addEventListener("click", (event) => {
  if (event.target.id !== "live-pill" || !waiting) return;
  scrollTo(0, 0);
  show(waiting);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "requests") restore();
});

document.addEventListener("htmx:historyRestore", restore);

restore();
setTimeout(follow, EVERY_MS);
