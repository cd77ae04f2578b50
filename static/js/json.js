/* Makes the indented JSON of parts/json.html fold. It works on the lines of the text, which the server laid out, so
   that every number and key stays exactly as it was sent; children are drawn when their parent is opened. */
import { buildLines, decodeString } from "./json-lines.js";

const LONG_CHARACTERS = 1_000;
const BATCH = 500;
const PREVIEW_CHARACTERS = 90;
// Short texts open all the way down, longer ones two levels if those are small.
const SHORT_LINES = 80;
const OPEN_AT_FIRST = 30;
const FOUND_AT_MOST = 200;
const AROUND = 5;
const SEARCH_AFTER_MS = 150;
const trees = new WeakMap();
const gaps = new WeakMap();
let waiting = 0;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function drawValue(line) {
  const text = line.value;
  const kind = text[0] === '"' ? "string" : /^[-\d]/.test(text) ? "number" : "word";
  const shown = kind === "string" ? decodeString(text) : text;
  const value = element("span", `json-${kind}`, shown.slice(0, LONG_CHARACTERS));
  if (shown.length <= LONG_CHARACTERS) return [value];
  const more = element("button", "button button-small", `… ${(shown.length - LONG_CHARACTERS).toLocaleString()} more characters`);
  more.type = "button";
  more.addEventListener("click", () => { value.textContent = shown; more.remove(); });
  return [value, more];
}

function drawKey(line) {
  return line.key ? [element("span", "json-key", decodeString(line.key)), element("span", "json-colon", ": ")] : [];
}

function drawLine(tree, index) {
  const line = tree.lines[index];
  if (line.end === undefined) {
    const leaf = element("div", "json-leaf");
    leaf.dataset.line = index;
    leaf.append(...drawKey(line), ...drawValue(line));
    return leaf;
  }
  const branch = element("details", "json-branch");
  branch.dataset.line = index;
  const head = element("summary");
  const [start, end] = line.value === "{" ? ["{", "}"] : ["[", "]"];
  const unit = line.value === "{" ? "key" : "item";
  const preview = tree.preview(index, PREVIEW_CHARACTERS);
  head.append(
    ...drawKey(line),
    element("span", "json-preview", `${start} ${preview} ${end}`),
    element("span", "json-count", `${line.children.toLocaleString()} ${unit}${line.children === 1 ? "" : "s"}`),
  );
  branch.append(head);
  branch.addEventListener("toggle", () => { if (branch.open) fill(tree, branch, index); });
  return branch;
}

function fill(tree, branch, index) {
  if (branch.querySelector(":scope > .json-children")) return;
  const children = element("div", "json-children");
  const indexes = tree.childrenOf(index);
  children.append(...drawChildren(tree, indexes, 0, indexes.length));
  branch.append(children);
}

/* Of many children some are drawn; a button stands for each run of those that are not. */
function drawChildren(tree, indexes, start, end) {
  const lines = indexes.slice(start, Math.min(end, start + BATCH)).map((index) => drawLine(tree, index));
  return start + BATCH < end ? [...lines, gapButton(tree, { indexes, start: start + BATCH, end })] : lines;
}

function gapButton(tree, gap) {
  const more = element("button", "button button-small json-more", `${(gap.end - gap.start).toLocaleString()} more`);
  more.type = "button";
  more.addEventListener("click", () => more.replaceWith(...drawChildren(tree, gap.indexes, gap.start, gap.end)));
  gaps.set(more, gap);
  return more;
}

/* Draws the child `index` and a few around it, without all that are before it. */
function drawInGap(tree, parent, index) {
  for (const more of parent.querySelectorAll(":scope > .json-children > .json-more")) {
    const { indexes, start, end } = gaps.get(more);
    const place = indexes.indexOf(index, start);
    if (place < 0 || place >= end) continue;
    const first = Math.max(start, place - AROUND);
    const last = Math.min(end, place + AROUND);
    const made = indexes.slice(first, last).map((child) => drawLine(tree, child));
    if (first > start) made.unshift(gapButton(tree, { indexes, start, end: first }));
    if (last < end) made.push(gapButton(tree, { indexes, start: last, end }));
    more.replaceWith(...made);
    return;
  }
}

function setOpen(tree, branch, open) {
  branch.open = open;
  if (open) fill(tree, branch, Number(branch.dataset.line));
}

/* Opens all the way down, but no more branches than a page can take. */
function expandAll(tree, root) {
  let left = BATCH;
  const waiting = [...root.querySelectorAll(":scope > .json-branch")];
  while (waiting.length && left-- > 0) {
    const branch = waiting.shift();
    setOpen(tree, branch, true);
    waiting.push(...branch.querySelectorAll(":scope > .json-children > .json-branch"));
  }
}

function collapseAll(root) {
  for (const branch of root.querySelectorAll(".json-branch")) branch.open = branch.parentElement === root;
}

function reveal(tree, root, index) {
  let found = root;
  for (const step of [...tree.parentsOf(index), index]) {
    const wanted = found === root ? `:scope > [data-line="${step}"]` : `:scope > .json-children > [data-line="${step}"]`;
    if (!found.querySelector(wanted)) drawInGap(tree, found, step);
    const next = found.querySelector(wanted);
    if (!next) return null;
    if (next.matches("details")) setOpen(tree, next, true);
    found = next;
  }
  return found;
}

function search(viewer, wanted) {
  const { tree, root } = trees.get(viewer);
  for (const old of root.querySelectorAll(".is-found")) old.classList.remove("is-found");
  const status = viewer.querySelector("[data-json-found]");
  if (!wanted) { status.textContent = ""; return; }
  const hits = tree.find(wanted, FOUND_AT_MOST);
  const drawn = hits.map((index) => reveal(tree, root, index)).filter(Boolean);
  for (const hit of drawn) hit.classList.add("is-found");
  drawn[0]?.scrollIntoView({ block: "nearest" });
  const number = hits.length === FOUND_AT_MOST ? `${FOUND_AT_MOST} or more` : String(hits.length);
  status.textContent = hits.length ? `${number} found` : "Not found";
}

function makeTree(viewer, text) {
  const tree = buildLines(text);
  if (tree.lines.length < 2) return;
  const root = element("div", "json-root");
  const first = drawLine(tree, 0);
  root.append(first);
  viewer.querySelector(".json-root")?.remove();
  const source = viewer.querySelector(".json-text");
  source.hidden = true;
  source.after(root);
  trees.set(viewer, { tree, root });
  setOpen(tree, first, true);
  if (tree.lines.length <= SHORT_LINES) expandAll(tree, root);
  const branches = [...first.querySelectorAll(":scope > .json-children > .json-branch")];
  if (tree.lines[0].children <= OPEN_AT_FIRST) for (const branch of branches.slice(0, OPEN_AT_FIRST)) setOpen(tree, branch, true);
  viewer.querySelector("[data-json-tools]").hidden = false;
}

function prepare(within) {
  for (const viewer of within.querySelectorAll('[data-json="tree"]')) {
    // A cut text is no whole JSON: it stays text until the rest was asked for.
    if (!trees.has(viewer) && !viewer.querySelector("[data-json-rest]")) makeTree(viewer, viewer.querySelector(".json-text").textContent);
  }
}

document.addEventListener("click", async (event) => {
  const viewer = event.target.closest("[data-json]");
  if (!viewer) return;
  const made = trees.get(viewer);
  if (made && event.target.closest("[data-json-expand]")) expandAll(made.tree, made.root);
  if (made && event.target.closest("[data-json-collapse]")) collapseAll(made.root);
  const rest = event.target.closest("[data-json-rest]");
  if (rest && viewer.dataset.json === "tree") {
    event.preventDefault();
    const answer = await fetch(rest.href);
    if (!answer.ok) return location.assign(rest.href);
    rest.parentElement.remove();
    makeTree(viewer, await answer.text());
  }
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-json-search]")) return;
  const viewer = event.target.closest("[data-json]");
  clearTimeout(waiting);
  waiting = setTimeout(() => search(viewer, event.target.value.trim()), SEARCH_AFTER_MS);
});

document.addEventListener("htmx:afterSettle", (event) => prepare(event.target));
document.addEventListener("htmx:historyRestore", () => prepare(document));
prepare(document);
