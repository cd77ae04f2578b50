/* The steps of a session as swim lanes: each in the first lane that is free when it starts. Only the lanes in sight are
   drawn, and of steps that share a pixel only the first. */
import { duration } from "./formats.js";
import { IS_CRITICAL, IS_ERROR, KINDS, isStep } from "./session-data.js";
import { packed } from "./session-lanes.js";

const LANE_HEIGHT = 26;
const MORE_LANES = 6;
const LABEL_FROM_PX = 44;
const NARROWEST_PX = 3;

export class TimelineView {
  constructor(element, axis) {
    this.element = element;
    this.axis = axis;
    this.lanes = [];
    this.active = -1;
    addEventListener("scroll", () => this.#schedule(), { passive: true });
    addEventListener("resize", () => this.#schedule(), { passive: true });
  }

  show(rows, { found }) {
    Object.assign(this, { rows, found });
    this.draw();
  }

  setActive(at) {
    this.active = at;
    this.draw();
  }

  placeBars() {
    this.draw();
  }

  reveal(at) {
    if (at < 0 || !isStep(this.rows, at)) return;
    const { axis, rows } = this;
    const end = rows.start[at] + rows.length[at];
    if (end < axis.from || rows.start[at] > axis.to) {
      const half = (axis.to - axis.from) / 2;
      axis.zoom(rows.start[at] - half, rows.start[at] + half);
    }
    const top = this.element.getBoundingClientRect().top + this.laneOf[at] * LANE_HEIGHT;
    if (top < 60) scrollBy(0, top - 60);
    else if (top + LANE_HEIGHT > innerHeight) scrollBy(0, top + 2 * LANE_HEIGHT - innerHeight);
    this.draw();
  }

  #schedule() {
    if (this.waiting || !this.rows) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  #pack() {
    const { rows } = this;
    this.packed = rows;
    this.order = Array.from({ length: rows.count }, (_, at) => at).filter((at) => isStep(rows, at));
    this.order.sort((one, other) => rows.start[one] - rows.start[other] || one - other);
    this.laneOf = new Int32Array(rows.count);
    this.lanes = packed(rows, this.order, this.laneOf);
    this.element.style.height = `${this.lanes.length * LANE_HEIGHT}px`;
  }

  draw() {
    if (this.element.offsetParent === null) return;
    if (this.packed !== this.rows) this.#pack();
    const box = this.element.getBoundingClientRect();
    const first = Math.max(0, Math.floor(-box.top / LANE_HEIGHT) - MORE_LANES);
    const last = Math.min(this.lanes.length, Math.ceil((innerHeight - box.top) / LANE_HEIGHT) + MORE_LANES);
    const blocks = [];
    for (let lane = first; lane < last; lane += 1) this.#drawLane(lane, box.width, blocks);
    this.element.replaceChildren(...blocks);
    const active = blocks.find((block) => Number(block.dataset.at) === this.active);
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #drawLane(lane, width, blocks) {
    const { rows, axis, found } = this;
    let drawnTo = -Infinity;
    for (const at of this.lanes[lane]) {
      if (found && !found[at]) continue;
      const left = axis.place(rows.start[at]) * width;
      const right = axis.place(rows.start[at] + rows.length[at]) * width;
      if (right < 0 || left > width) continue;
      if (right < drawnTo && at !== this.active) continue;
      const from = Math.max(left, -1);
      const length = Math.max(Math.min(right, width + 1) - from, NARROWEST_PX);
      drawnTo = from + length;
      blocks.push(this.#block(at, lane, from, length));
    }
  }

  #block(at, lane, left, width) {
    const { rows } = this;
    const block = document.createElement("div");
    const label = rows.strings[rows.label[at]];
    const detail = rows.strings[rows.detail[at]];
    const said = [label, detail, duration(rows.length[at])].filter(Boolean).join(", ");
    block.id = `block-${at}`;
    block.dataset.at = at;
    block.className = `block kind-${KINDS[rows.kind[at]]}`;
    block.classList.toggle("is-error", Boolean(rows.flags[at] & IS_ERROR));
    block.classList.toggle("is-critical", Boolean(rows.flags[at] & IS_CRITICAL));
    block.setAttribute("role", "option");
    block.setAttribute("aria-selected", String(at === this.active));
    block.setAttribute("aria-label", said);
    block.title = said;
    block.style.left = `${left}px`;
    block.style.width = `${width}px`;
    block.style.top = `${lane * LANE_HEIGHT}px`;
    if (width >= LABEL_FROM_PX) block.textContent = detail && width > 3 * LABEL_FROM_PX ? `${label}  ${detail}` : label;
    return block;
  }
}
