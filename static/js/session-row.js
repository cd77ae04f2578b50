/* Fills a row of the tree, as templates/sessions_app/_session_row.html writes it. */
import { duration, money } from "./formats.js";
import { IS_CRITICAL, IS_ERROR, KINDS, hasChildren } from "./session-data.js";

const WIDTH = 1000; // of the picture of a bar
const DEEPEST_INDENT = 24;
const exact = (number) => number.toLocaleString("en-US");

/* Returns a new row for place `at`. `shape` is any row, `view` says what is folded, found and active. */
export function makeRow(shape, rows, at, axis, view) {
  const row = shape.cloneNode(true);
  const kind = KINDS[rows.kind[at]];
  const path = rows.strings[rows.path[at]];
  row.id = `step-${at}`;
  row.dataset.at = at;
  row.setAttribute("aria-level", rows.depth[at] + 1);
  row.className = `step kind-${kind} indent-${Math.min(rows.depth[at], DEEPEST_INDENT)}`;
  row.classList.toggle("is-error", Boolean(rows.flags[at] & IS_ERROR));
  row.classList.toggle("is-critical", Boolean(rows.flags[at] & IS_CRITICAL));
  row.querySelector("use").setAttribute("href", `#kind-${kind}`);
  const link = row.querySelector(".step-link");
  link.textContent = rows.strings[rows.label[at]];
  link.title = [path, rows.steps[at] > 1 ? `${exact(rows.steps[at])} steps` : ""].filter(Boolean).join(" · ");
  if (rows.id[at]) link.href = `?span=${rows.id[at]}`;
  else link.removeAttribute("href");
  row.querySelector(".step-detail").textContent = rows.strings[rows.detail[at]];
  const errors = row.querySelector(".step-errors");
  errors.hidden = !rows.errors[at];
  errors.textContent = `${exact(rows.errors[at])} error${rows.errors[at] === 1 ? "" : "s"}`;
  row.cells[2].textContent = duration(rows.length[at]);
  row.cells[2].title = `${exact(rows.length[at])} ms`;
  row.cells[3].title = rows.tokens[at] === null ? "" : `${exact(rows.tokens[at])} tokens`;
  row.cells[3].lastChild.textContent = money(rows.cost[at]);
  const share = rows.totalCost ? (100 * (rows.cost[at] ?? 0)) / rows.totalCost : 0;
  row.querySelector(".cost-share rect").setAttribute("width", share.toFixed(1));
  placeBar(row, rows, at, axis);
  markRow(row, rows, at, view);
  return row;
}

/* Puts the bar where the zoom of `axis` has it. */
export function placeBar(row, rows, at, axis) {
  const [all, wait] = row.querySelectorAll(".bar rect");
  const start = axis.place(rows.start[at]);
  const end = axis.place(rows.start[at] + rows.length[at]);
  const first = axis.place(rows.start[at] + Math.min(rows.first[at] ?? 0, rows.length[at]));
  // What begins or ends outside of the picture needs no exact place there, and huge numbers draw slowly.
  const place = (share) => Math.min(Math.max(share, -0.1), 1.1) * WIDTH;
  for (const [bar, to] of [[all, end], [wait, first]]) {
    bar.setAttribute("x", place(start).toFixed(1));
    bar.setAttribute("width", (place(to) - place(start)).toFixed(1));
  }
}

/* Shows what changes about a row while it stays: folded or not, active, found by the filter. */
export function markRow(row, rows, at, view) {
  if (hasChildren(rows, at)) row.setAttribute("aria-expanded", String(!view.folded[at] || Boolean(view.found)));
  else row.removeAttribute("aria-expanded");
  row.setAttribute("aria-rowindex", view.positionOf(at) + 2);
  row.setAttribute("aria-selected", String(at === view.active));
  row.classList.toggle("is-above-found", Boolean(view.found) && !view.found[at]);
}
