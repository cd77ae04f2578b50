/* The page of a session: the tree and the timeline over one axis, the filter, the keys, and the details beside them.
   The address says all that is seen: view, zoom, filter, critical path and the open step. */
import { isTaken } from "./keys.js";
import { Axis } from "./session-axis.js";
import { IS_ERROR, hasChildren, isStep, keyOf, placeOf, readRows, shownRows } from "./session-data.js";
import { closeDrawer, isOpen, isSettled, openId, openRequest, openTab } from "./session-drawer.js";
import { follow } from "./session-live.js";
import { ROW_HEIGHT, TreeView } from "./session-tree.js";
import { TimelineView } from "./session-timeline.js";

const SEARCH_AFTER_MS = 80;
const IN_OUT = 2;
const byId = (id) => document.getElementById(id);
const page = byId("session");
const field = byId("session-find");

let rows = readRows(JSON.parse(byId("session-data").textContent));
byId("session-data").remove();
let folded = new Uint8Array(rows.count);
let sight = null; // what is shown: see shownRows
let active = -1;
let view = page.dataset.view;
let searching = 0;
let isReadingAddress = false;

const axis = new Axis(byId("session-axis"), { changed: zoomed, resized: drawTimes });
const tree = new TreeView(byId("session-tree"), axis);
const timeline = new TimelineView(byId("session-lanes"), axis);
const grid = () => (view === "timeline" ? timeline.element : tree.table);
const words = () => field.value.toLowerCase().split(/\s+/).filter(Boolean);

function drawTimes() {
  axis.draw(byId("session-layer"), rows.idle);
  byId("zoom-reset").hidden = !axis.isZoomed;
  tree.placeBars();
  timeline.placeBars();
}

function zoomed() {
  drawTimes();
  remember();
}

function show() {
  sight = shownRows(rows, folded, words());
  tree.show(rows, { ...sight, folded });
  timeline.show(rows, sight);
  const number = sight.number.toLocaleString("en-US");
  byId("session-found").textContent = sight.found ? `${number} of ${rows.count.toLocaleString("en-US")}` : "";
  byId("session-nothing").hidden = sight.shown.length > 0;
  const search = new URL(byId("session-search").href);
  search.searchParams.set("q", words().map((word) => JSON.stringify(word)).join(" "));
  byId("session-search").href = search;
}

function setActive(at) {
  active = at;
  tree.setActive(at);
  timeline.setActive(at);
}

/* Puts what is seen into the address. */
function remember({ push = false } = {}) {
  if (isReadingAddress) return;
  const url = new URL(location.href);
  const put = (name, value) => (value ? url.searchParams.set(name, value) : url.searchParams.delete(name));
  put("view", view === "tree" ? "" : view);
  put("zoom", axis.isZoomed ? `${Math.round(axis.from)}-${Math.round(axis.to)}` : "");
  put("find", field.value.trim());
  put("critical", page.classList.contains("shows-critical") ? "1" : "");
  put("span", openId());
  put("tab", openTab());
  if (url.href === location.href) return;
  if (push) history.pushState({}, "", url);
  else history.replaceState(history.state, "", url);
}

function setView(name) {
  view = name;
  page.dataset.view = name;
  for (const tab of document.querySelectorAll("[data-view-tab]")) {
    if (tab.dataset.viewTab === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  show();
  zoomed();
  reveal(active);
}

function setCritical(isShown) {
  page.classList.toggle("shows-critical", isShown);
  byId("critical").setAttribute("aria-pressed", String(isShown));
}

function toggleCritical() {
  setCritical(!page.classList.contains("shows-critical"));
  remember();
}

function fold(at, isFolded) {
  folded[at] = Number(isFolded);
  show();
}

function foldAll(isFolded) {
  folded.fill(0);
  if (isFolded) for (let at = 0; at < rows.count; at += 1) folded[at] = Number(hasChildren(rows, at));
  if (isFolded) while (active >= 0 && rows.parent[active] >= 0) active = rows.parent[active];
  show();
  setActive(active);
}

/* Unfolds all above a row, so that it can be shown. */
function unfoldTo(at) {
  let changed = false;
  for (let above = rows.parent[at]; above >= 0; above = rows.parent[above]) {
    changed ||= Boolean(folded[above]);
    folded[above] = 0;
  }
  if (changed) show();
}

async function open(at, { takesFocus = false } = {}) {
  const id = rows.id[at];
  setActive(at);
  await openRequest(id, { takesFocus });
  if (openId() !== id) return; // another one was asked for meanwhile
  // Back closes the details; going on to others is not a step of its own.
  remember({ push: !new URLSearchParams(location.search).has("span") });
  reveal(active);
}

function reveal(at) {
  (view === "timeline" ? timeline : tree).reveal(at);
}

function close({ push = true } = {}) {
  closeDrawer();
  remember({ push });
  grid().focus({ preventScroll: true });
}

/* Returns the rows that the keys step through: those in sight, only requests while one is open. */
function stops() {
  const onlySteps = isOpen() || view === "timeline";
  const all = view === "timeline" ? timeline.order : [...sight.shown];
  return all.filter((at) => (!onlySteps || isStep(rows, at)) && (!sight.found || sight.found[at] || !onlySteps));
}

function moveTo(at) {
  if (at === undefined) return;
  if (isOpen() && isStep(rows, at)) open(at);
  else setActive(at);
  reveal(at);
}

function move(step) {
  const all = stops();
  if (!all.length) return;
  const now = all.indexOf(active);
  // Where the active row is none of them, its place among them counts.
  const after = now < 0 ? all.findIndex((at) => at > active) : -1;
  const from = now >= 0 ? now : (after < 0 ? all.length : after) - (step > 0 ? 1 : 0);
  moveTo(all[Math.max(0, Math.min(all.length - 1, from + step))]);
}

function moveToError() {
  const failed = stops().filter((at) => rows.flags[at] & IS_ERROR && isStep(rows, at));
  moveTo(failed.find((at) => at > active) ?? failed[0]);
}

function enter() {
  if (active < 0) return;
  if (isStep(rows, active)) open(active, { takesFocus: true });
  else fold(active, !folded[active]);
}

function left() {
  if (view === "timeline") return void move(-1);
  if (active < 0) return;
  if (hasChildren(rows, active) && !folded[active] && !sight.found) fold(active, true);
  else if (rows.parent[active] >= 0) moveTo(rows.parent[active]);
}

function right() {
  if (view === "timeline") return void move(1);
  if (active < 0 || !hasChildren(rows, active)) return;
  if (folded[active]) fold(active, false);
  else moveTo(active + 1);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  e: moveToError,
  c: toggleCritical,
  "+": () => axis.scale(1 / IN_OUT),
  "-": () => axis.scale(IN_OUT),
  0: () => axis.reset(),
};
const GRID_KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  ArrowLeft: left,
  ArrowRight: right,
  Enter: enter,
  Home: () => moveTo(stops()[0]),
  End: () => moveTo(stops().at(-1)),
};

document.addEventListener("keydown", (event) => {
  if (isTaken(event)) return;
  const isOnGrid = event.target === grid() || event.target === document.body;
  const act = KEYS[event.key] ?? (isOnGrid ? GRID_KEYS[event.key] : undefined);
  if (event.key === "Escape" && isOpen()) close();
  else if (act) act();
  else return;
  event.preventDefault();
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && field.value) {
    field.value = "";
    event.preventDefault();
    show();
    remember();
  } else if (event.key === "Enter" || event.key === "ArrowDown") {
    event.preventDefault();
    grid().focus({ preventScroll: true });
    const first = stops().find((at) => !sight.found || sight.found[at]);
    moveTo(first);
  }
});

field.addEventListener("input", () => {
  clearTimeout(searching);
  searching = setTimeout(() => {
    show();
    reveal(active);
    remember();
  }, SEARCH_AFTER_MS);
});

function clickRow(event) {
  const element = event.target.closest("[data-at]");
  if (!element || event.ctrlKey || event.metaKey || event.shiftKey || String(getSelection())) return;
  event.preventDefault();
  const at = Number(element.dataset.at);
  grid().focus({ preventScroll: true });
  const isTwist = event.target.closest(".twist") && hasChildren(rows, at);
  if (!isTwist && isStep(rows, at)) return void open(at);
  setActive(at);
  if (hasChildren(rows, at) && !sight.found) fold(at, !folded[at]);
}

tree.body.addEventListener("click", clickRow);
timeline.element.addEventListener("click", clickRow);

document.addEventListener("click", (event) => {
  const { target } = event;
  const tab = target.closest("[data-view-tab]");
  if (tab && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    setView(tab.dataset.viewTab);
  } else if (target.closest("#drawer [data-drawer-close]")) {
    event.preventDefault();
    close();
  } else if (target.closest("#drawer [data-move]")) move(Number(target.closest("[data-move]").dataset.move));
  else if (target.closest("#critical")) toggleCritical();
  else if (target.closest("#fold-all")) foldAll(true);
  else if (target.closest("#unfold-all")) foldAll(false);
  else if (target.closest("#zoom-reset")) axis.reset();
});

// Links inside the drawer lead to other requests, of this session or not.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "drawer" || !openId() || !isSettled()) return;
  const at = placeOf(rows, openId());
  if (at !== active && at >= 0) {
    unfoldTo(at);
    setActive(at);
    reveal(at);
  }
  remember();
});

/* Shows what the address says. */
function readAddress() {
  isReadingAddress = true;
  const query = new URLSearchParams(location.search);
  const [from, to] = (query.get("zoom") ?? "").split("-").map(Number);
  field.value = query.get("find") ?? "";
  setCritical(query.get("critical") === "1");
  axis.from = 0;
  axis.to = axis.whole;
  const at = query.get("span") ? placeOf(rows, query.get("span")) : -1;
  if (at >= 0) unfoldTo(at);
  setView(query.get("view") === "timeline" ? "timeline" : "tree");
  if (to > from) axis.zoom(from, to);
  isReadingAddress = false;
  return at;
}

addEventListener("popstate", (event) => {
  if (event.state?.htmx) return;
  const at = readAddress();
  if (at < 0) closeDrawer();
  else if (openId() !== rows.id[at]) open(at);
});

/* Takes the rows as they are now, and keeps what is folded, active and at the top of the window. */
function update(columns) {
  const keys = new Set();
  folded.forEach((isFolded, at) => isFolded && keys.add(keyOf(rows, at)));
  const activeKey = active < 0 ? null : keyOf(rows, active);
  const bodyTop = tree.body.getBoundingClientRect().top;
  const topPosition = Math.max(0, Math.ceil(-bodyTop / ROW_HEIGHT));
  const topKey = bodyTop < 0 && topPosition < sight.shown.length ? keyOf(rows, sight.shown[topPosition]) : null;
  const earlier = rows.started_ms - columns.started_ms;
  rows = readRows(columns);
  folded = Uint8Array.from({ length: rows.count }, (_, at) => Number(keys.size > 0 && keys.has(keyOf(rows, at))));
  axis.setWhole(rows.length_ms);
  if (axis.isZoomed && earlier) [axis.from, axis.to] = [axis.from + earlier, axis.to + earlier];
  active = activeKey === null ? -1 : placeOf(rows, activeKey);
  show();
  setActive(active);
  drawTimes();
  if (topKey !== null && view === "tree") {
    const position = tree.positionOf(placeOf(rows, topKey));
    if (position >= 0) scrollBy(0, (position - topPosition) * ROW_HEIGHT);
  }
  for (const [key, text, note, exact] of rows.cards) {
    const card = document.querySelector(`[data-card="${key}"]`);
    [card.children[1].textContent, card.children[2].textContent, card.children[1].title] = [text, note, exact];
  }
}

axis.setWhole(rows.length_ms);
sight = shownRows(rows, folded, []);
const opened = readAddress();
if (opened >= 0) {
  setActive(opened);
  tree.reveal(opened, "center");
  if (openId() !== rows.id[opened]) open(opened);
}
follow(page.dataset.rows, {
  version: () => rows.version,
  // Of a session that is too long to show what comes at its end is not in sight anyway.
  endedAt: () => (rows.is_cut ? 0 : rows.started_ms + rows.length_ms),
  update,
  mark: (isRunning) => { byId("session-live").hidden = !isRunning; },
});
