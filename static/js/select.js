/* Ticked rows: one by one, a run of them with Shift, the page, or all that match. What is ticked is forgotten when the
   list shows something else. */
import { isTaken } from "./keys.js";

let ids = new Set();
let isAll = false;
let last = null;

const boxes = () => [...document.querySelectorAll("[data-select]")];

function show() {
  const bar = document.getElementById("selection");
  if (!bar) return;
  const all = boxes();
  for (const box of all) {
    box.checked = isAll || ids.has(box.dataset.select);
    box.closest("tr").toggleAttribute("data-selected", box.checked);
  }
  const page = document.getElementById("select-page");
  const ticked = all.filter((box) => box.checked).length;
  page.checked = all.length > 0 && ticked === all.length;
  page.indeterminate = ticked > 0 && ticked < all.length;
  bar.hidden = !isAll && !ids.size;
  document.getElementById("selection-count").textContent = isAll ? "All that match selected" : `${ids.size} selected`;
  const everything = document.getElementById("select-all");
  everything.hidden = isAll || ticked < all.length || Number(everything.dataset.matching) === all.length;
}

function tick(box, isTicked) {
  isAll = false;
  if (isTicked) ids.add(box.dataset.select);
  else ids.delete(box.dataset.select);
}

function clear() {
  ids = new Set();
  isAll = false;
  last = null;
  show();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-select]");
  if (box) {
    const all = boxes();
    const from = event.shiftKey && last ? all.findIndex((one) => one.dataset.select === last) : -1;
    const to = all.indexOf(box);
    const run = from < 0 ? [box] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
    const { checked } = box;
    for (const one of run) tick(one, checked);
    last = box.dataset.select;
    return show();
  }
  if (event.target.closest("[data-select-page]")) {
    for (const one of boxes()) tick(one, event.target.checked);
    return show();
  }
  if (event.target.closest("[data-select-none]")) return clear();
  if (event.target.closest("[data-select-all]")) {
    isAll = true;
    return show();
  }
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-of-selected]")) return;
  event.target.elements.ids.value = isAll ? "" : [...ids].join(",");
  event.target.elements.all.disabled = !isAll;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || isTaken(event)) return;
  const row = document.activeElement?.closest("[data-row]") ?? document.querySelector("[data-row][aria-current]");
  const box = row?.querySelector("[data-select]");
  if (!box) return;
  tick(box, !box.checked);
  last = box.dataset.select;
  show();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "requests") clear();
});

document.addEventListener("htmx:historyRestore", clear);

// Rows that came by themselves: what was ticked stays ticked.
document.addEventListener("rows:changed", show);
