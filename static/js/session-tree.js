/* The tree of a session. Only the rows in sight are in the document, between two spacers of the height of the others. */
import { makeRow, markRow, placeBar } from "./session-row.js";

export const ROW_HEIGHT = 28;
const MORE_ROWS = 16; // above and below what is in sight
const STEP = 8; // the window moves on by so many rows at once

export class TreeView {
  /* `table` is the table with the server's rows; `axis` its time axis. */
  constructor(table, axis) {
    this.table = table;
    this.axis = axis;
    this.body = table.tBodies[0];
    this.shape = this.body.rows[0].cloneNode(true);
    this.shape.removeAttribute("id");
    this.body.replaceChildren(...this.body.rows); // without the blanks between them
    this.above = spacer();
    this.below = spacer();
    this.drawn = new Map();
    this.window = [0, 0];
    this.active = -1;
    addEventListener("scroll", () => this.#schedule(), { passive: true });
    addEventListener("resize", () => this.#schedule(), { passive: true });
  }

  /* Shows other rows: `shown` are their places, `folded` and `found` by place. */
  show(rows, { shown, folded, found }) {
    Object.assign(this, { rows, shown, folded, found });
    this.positions = null;
    this.table.setAttribute("aria-rowcount", shown.length + 1);
    this.drawn.clear();
    this.#draw(true);
  }

  setActive(at) {
    this.active = at;
    for (const [place, row] of this.drawn) markRow(row, this.rows, place, this);
    this.#announce();
  }

  /* Draws the bars anew after a zoom. */
  placeBars() {
    for (const [place, row] of this.drawn) placeBar(row, this.rows, place, this.axis);
  }

  /* Returns where in the shown rows a place is, -1 for none. */
  positionOf(at) {
    if (!this.positions) {
      this.positions = new Int32Array(this.rows.count).fill(-1);
      this.shown.forEach((place, position) => { this.positions[place] = position; });
    }
    return at < 0 ? -1 : this.positions[at];
  }

  /* Scrolls so far that the row is in sight, `block` as of scrollIntoView. */
  reveal(at, block = "nearest") {
    const position = this.positionOf(at);
    if (position < 0) return;
    const head = this.table.tHead.getBoundingClientRect();
    const top = this.#top() + position * ROW_HEIGHT;
    const highest = Math.max(head.bottom - Math.max(head.top, 0), 0) + headOffset(this.table);
    if (block === "center") scrollBy(0, top - innerHeight / 2);
    else if (top < highest) scrollBy(0, top - highest);
    else if (top + ROW_HEIGHT > innerHeight - 8) scrollBy(0, top + ROW_HEIGHT - innerHeight + 8);
    this.#draw();
  }

  #schedule() {
    if (this.waiting || !this.rows) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.#draw();
    });
  }

  #top() {
    return this.body.getBoundingClientRect().top;
  }

  #draw(anew = false) {
    if (this.table.offsetParent === null) return;
    const top = this.#top();
    const last = this.shown.length;
    const round = (number) => Math.floor(number / STEP) * STEP;
    const from = Math.min(Math.max(round(-top / ROW_HEIGHT) - MORE_ROWS, 0), last);
    const to = Math.max(from, Math.min(round((innerHeight - top) / ROW_HEIGHT) + STEP + MORE_ROWS, last));
    if (!anew && from === this.window[0] && to === this.window[1]) return;
    this.window = [from, to];
    this.#replaceRows(this.shown.subarray(from, to));
    this.above.firstChild.style.height = `${from * ROW_HEIGHT}px`;
    this.below.firstChild.style.height = `${(last - to) * ROW_HEIGHT}px`;
    this.above.hidden = !from;
    this.below.hidden = to === last;
    this.#announce();
  }

  /* Puts the rows of `wanted` between the spacers. Those that are there already stay untouched. */
  #replaceRows(wanted) {
    const before = this.drawn;
    this.drawn = new Map();
    for (const at of wanted) {
      this.drawn.set(at, before.get(at) ?? makeRow(this.shape, this.rows, at, this.axis, this));
    }
    const kept = new Set(this.drawn.values());
    for (const row of [...this.body.rows]) if (!kept.has(row)) row.remove();
    let next = this.body.firstChild;
    for (const row of [this.above, ...this.drawn.values(), this.below]) {
      if (row === next) next = next.nextSibling;
      else this.body.insertBefore(row, next);
    }
  }

  #announce() {
    if (this.drawn.has(this.active)) this.table.setAttribute("aria-activedescendant", `step-${this.active}`);
    else this.table.removeAttribute("aria-activedescendant");
  }
}

/* The narrow page has a bar that stays at its top. */
function headOffset(table) {
  return Number.parseFloat(getComputedStyle(table.tHead.rows[0].cells[0]).top) || 0;
}

function spacer() {
  const row = document.createElement("tr");
  row.className = "spacer";
  row.setAttribute("aria-hidden", "true");
  row.append(Object.assign(document.createElement("td"), { colSpan: 4 }));
  return row;
}
