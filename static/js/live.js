/* The live switch: asks every second for the first page's rows, and shows them unless somebody is reading. What came
   meanwhile is then counted, and shown at a click. Counts and chart follow more slowly, and only when rows came. */
import { recall, remember } from "./cookies.js";
import { go } from "./go.js";
import { refreshChart } from "./histogram.js";

const EVERY_MS = 1_000;
const COUNTED_EVERY_MS = 10_000;
let waiting = null;
let hasMore = false; // than what was counted last
let countedAt = performance.now();

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
    document.querySelector("[data-list]").append(pill);
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
  document.getElementById("shown").textContent = fresh.children.length.toLocaleString("en");
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
  hasMore = true;
  if (!isReading()) return show(fresh);
  waiting = fresh;
  showPill([...fresh.children].filter((row) => !document.getElementById(row.id)).length);
}

/* Counts come as the elements that show them. One that has the focus stays. */
async function count() {
  if (!hasMore || !control()?.checked || document.hidden || performance.now() - countedAt < COUNTED_EVERY_MS) return;
  hasMore = false;
  countedAt = performance.now();
  const address = location.href;
  const answer = await fetch(`${control().dataset.count}${location.search}`, { headers: { "HX-Request": "true" } });
  if (answer.status !== 200 || answer.redirected || location.href !== address) return;
  for (const fresh of new DOMParser().parseFromString(await answer.text(), "text/html").body.children) {
    const old = document.getElementById(fresh.id);
    if (!old || old.contains(document.activeElement)) continue;
    const shown = document.importNode(fresh, true);
    old.replaceWith(shown);
    window.htmx.process(shown);
  }
  document.dispatchEvent(new Event("rows:changed"));
  await refreshChart();
}

async function follow() {
  try {
    if (waiting && !isReading()) show(waiting);
    await ask();
    await count();
  } catch {
    // The next second asks again.
  }
  setTimeout(follow, EVERY_MS);
}

function restore() {
  if (control()) control().checked = recall("live") === "1";
  waiting = null;
  hasMore = false;
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
  if (event.detail.target?.matches?.("[data-list]")) restore();
});

document.addEventListener("htmx:historyRestore", restore);

restore();
setTimeout(follow, EVERY_MS);
