/* The live switch: when the live feed tells of requests it asks for the first page's rows, at most once a second, and
   shows them unless somebody is reading. What came meanwhile is then counted, and shown at a click. Counts and chart
   follow more slowly, and only when rows came. Where there is no feed it asks every second; and now and then in any case,
   for rows that are gone. */
import { recall, remember } from "./cookies.js";
import { go } from "./go.js";
import { refreshChart } from "./histogram.js";
import { showPill } from "./live-pill.js";
import { Stream } from "./live-stream.js";
import { isReading } from "./reading.js";

const EVERY_MS = 1_000;
const ANYWAY_EVERY_MS = 10_000;
const COUNTED_EVERY_MS = 10_000;
let stream = null;
let streamed = ""; // the address that it tells of
let isDue = true;
let timer = 0;
let askedAt = -Infinity;
let waiting = null;
let hasMore = false; // than what was counted last
let countedAt = performance.now();

const control = () => document.getElementById("live");
const body = () => document.getElementById("rows-body");

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

/* The feed of the list that is shown, while it is wanted. */
function listen() {
  const wanted = control()?.checked && control().dataset.stream ? `${control().dataset.stream}${location.search}` : "";
  if (wanted === streamed) return;
  stream?.close();
  stream = null;
  streamed = wanted;
  showRunning(0);
  if (!wanted) return;
  const address = new URL(wanted, location.href);
  address.searchParams.set("form", "changes");
  stream = new Stream(address, { hello: tell, requests: tell, skipped: tell, gap: tell, running: ({ count }) => showRunning(count) });
}

function tell() {
  isDue = true;
  clearTimeout(timer);
  timer = setTimeout(follow, Math.max(0, askedAt + EVERY_MS - performance.now()));
}

function showRunning(number) {
  let badge = document.getElementById("live-running");
  if (!number) return badge?.remove();
  if (!badge) {
    badge = document.createElement("span");
    badge.id = "live-running";
    badge.className = "badge badge-accent";
    control().closest(".live").after(badge);
  }
  badge.textContent = `${number.toLocaleString("en")} running`;
}

async function ask() {
  if (!control()?.checked || document.hidden) return;
  if (stream?.isLive && !isDue && performance.now() - askedAt < ANYWAY_EVERY_MS) return;
  isDue = false;
  askedAt = performance.now();
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
  clearTimeout(timer);
  try {
    listen();
    if (waiting && !isReading()) show(waiting);
    await ask();
    await count();
  } catch {
    // The next second asks again.
  }
  clearTimeout(timer);
  timer = setTimeout(follow, EVERY_MS);
}

function restore() {
  if (control()) control().checked = recall("live") === "1";
  waiting = null;
  hasMore = false;
  isDue = true;
  listen();
}

document.addEventListener("change", (event) => {
  if (event.target !== control()) return;
  remember("live", event.target.checked ? "1" : "");
  listen();
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
timer = setTimeout(follow, EVERY_MS);
