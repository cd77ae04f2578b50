/* The Live page: rows of requests that run, and of those that have ended, as the live feed tells of them. While somebody
   reads, or has paused it, what comes waits, and is counted. */
import { duration, number } from "./formats.js";
import { go } from "./go.js";
import { showPill } from "./live-pill.js";
import { Stream } from "./live-stream.js";
import { isReading } from "./reading.js";

const MOST_ROWS = 200;
const CLOCK_MS = 250;
const RATE_S = 10;
const SAID_EVERY_MS = 5_000;
const STATES = { live: "Live", waiting: "Reconnecting", reading: "Paused while you read", paused: "Paused" };

const $ = (id) => document.getElementById(id);
let card = null;
let stream = null;
let connection = "waiting";
let isPaused = false;
let waiting = []; // rows that came while it was paused, the newest first
let waitingNumber = 0;
let running = null; // what runs, as it was told last and is not shown yet
let skipped = 0;
let counts = []; // [when, how many]
let said = 0;
let saidAt = 0;

const isHeld = () => isPaused || isReading() || Boolean(card?.querySelector("tbody tr:is(:hover, :focus-within)"));

function rowsOf(html) {
  const page = new DOMParser().parseFromString(`<table><tbody>${html}</tbody></table>`, "text/html");
  return [...page.querySelectorAll("tr")].map((row) => document.importNode(row, true));
}

function add(rows) {
  const body = $("rows-body");
  const fresh = rows.filter((row) => !body.querySelector(`#${CSS.escape(row.id)}`));
  for (const row of fresh) {
    $(row.id)?.remove(); // it was running
    row.classList.add("is-new");
  }
  body.prepend(...fresh);
  for (const row of [...body.children].slice(MOST_ROWS)) row.remove();
  for (const row of fresh) if (row.isConnected) window.htmx.process(row);
  document.dispatchEvent(new Event("rows:changed"));
}

function showRunning({ html, count }) {
  const shown = new Map([...$("running-rows").children].map((row) => [row.id, row]));
  const rows = rowsOf(html).filter((row) => !$("rows-body").querySelector(`#${CSS.escape(row.id)}`));
  $("running-rows").replaceChildren(...rows.map((row) => shown.get(row.id) ?? row).reverse());
  $("live-running").textContent = `${number(count)} running`;
  tickClocks();
}

function show({ isWanted = false } = {}) {
  if (isHeld() && !isWanted) return showPill(waitingNumber);
  showPill(0);
  if (waiting.length) add(waiting);
  if (running) showRunning(running);
  waiting = [];
  waitingNumber = 0;
  running = null;
}

function showState() {
  const held = isPaused ? "paused" : isHeld() ? "reading" : "";
  const state = connection === "live" && held ? held : connection;
  const place = $("live-state");
  place.dataset.state = held && connection === "live" ? "paused" : connection;
  place.querySelector("[data-state-text]").textContent =
    STATES[state] + (waitingNumber ? ` · ${number(waitingNumber)} new` : "");
  const button = $("live-pause");
  button.setAttribute("aria-pressed", String(isPaused));
  button.querySelector("[data-pause-text]").textContent = isPaused ? "Go on" : "Pause";
}

function showFigures() {
  const now = performance.now();
  counts = counts.filter(([at]) => now - at < RATE_S * 1000);
  const rate = counts.reduce((sum, [, count]) => sum + count, 0) / RATE_S;
  $("live-rate").textContent = `${number(rate)} requests/s`;
  $("live-empty").hidden = Boolean($("rows-body").children.length || $("running-rows").children.length);
  $("shown").textContent = $("rows-body").children.length.toLocaleString("en");
  $("live-skipped").hidden = !skipped;
  if (skipped) {
    $("live-skipped").textContent =
      `${number(skipped)} requests were passed over: more came than can be shown. They are in the list of all requests.`;
  }
  if (said && now - saidAt > SAID_EVERY_MS) {
    $("live-said").textContent = `${said} new request${said === 1 ? "" : "s"}`;
    said = 0;
    saidAt = now;
  }
}

function tickClocks() {
  for (const clock of card.querySelectorAll("[data-runs-since]")) {
    clock.textContent = duration(Math.max(0, Date.now() - Date.parse(clock.dataset.runsSince)));
  }
}

const on = {
  requests({ html, count, skipped: more }) {
    const rows = rowsOf(html);
    waiting = [...rows, ...waiting].slice(0, MOST_ROWS);
    waitingNumber += count;
    skipped += more;
    said += count;
    counts.push([performance.now(), count]);
    show();
  },
  running(told) {
    running = told;
    show();
  },
  skipped({ count }) {
    skipped += count;
    counts.push([performance.now(), count]);
  },
  gap: () => go(location.search),
  state(state) {
    connection = state;
    showState();
  },
};

/* The list is another one after each change of the filter. */
function follow() {
  if ($("live-card") === card) return;
  stream?.close();
  card = $("live-card");
  [stream, waiting, waitingNumber, running, skipped, counts] = [null, [], 0, null, 0, []];
  connection = "waiting";
  if (card) stream = new Stream(card.dataset.stream, on, card.dataset.last);
}

document.addEventListener("click", (event) => {
  if (event.target.id === "live-pill") {
    scrollTo(0, 0);
    show({ isWanted: true });
    return showState();
  }
  if (!event.target.closest?.("#live-pause")) return;
  isPaused = !isPaused;
  show();
  showState();
});

document.addEventListener("htmx:afterSwap", follow);

setInterval(() => {
  follow();
  if (!card) return;
  show();
  showState();
  showFigures();
  tickClocks();
}, CLOCK_MS);
follow();
