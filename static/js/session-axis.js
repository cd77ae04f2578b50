/* The time axis of a session: which part of it is shown, its scale, and the idle times between steps. */
import { duration } from "./formats.js";

const TICK_PX = 72; // a tick and its text take so much
const IDLE_PX = 3; // shorter idle times would only be noise
const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3,
  3600e3, 7200e3, 14400e3, 43200e3, 86400e3,
];
const SHORTEST_MS = 1;
const DRAGGED_PX = 4;

/* Returns `30 s` for `30.0 s`, and `2 m` for `2 m 00 s`. */
const short = (text) => text.replace(/\.0+ s$| 00 [sm]$/, (end) => (end[0] === "." ? " s" : ""));

/* Makes the axis on `element`. `changed` is called after each zoom, `resized` when there is another width to draw on.
   `whole` is its length in milliseconds. */
export class Axis {
  constructor(element, { changed, resized }) {
    this.element = element;
    this.changed = changed;
    this.resized = resized;
    this.whole = SHORTEST_MS;
    this.from = 0;
    this.to = SHORTEST_MS;
    new ResizeObserver(() => this.resized()).observe(element);
    element.addEventListener("pointerdown", (event) => this.#drag(event));
    element.addEventListener("dblclick", () => this.reset());
  }

  get isZoomed() {
    return this.from > 0 || this.to < this.whole;
  }

  /* Takes the length of the session, which grows while it runs; keeps the zoom. */
  setWhole(whole) {
    const wasZoomed = this.isZoomed;
    this.whole = Math.max(whole, SHORTEST_MS);
    if (!wasZoomed) this.to = this.whole;
  }

  reset() {
    this.zoom(0, this.whole);
  }

  zoom(from, to) {
    const length = Math.min(Math.max(to - from, SHORTEST_MS), this.whole);
    this.from = Math.min(Math.max(from, 0), this.whole - length);
    this.to = this.from + length;
    this.changed();
  }

  /* Zooms in (`by` below 1) or out around the middle of what is shown. */
  scale(by) {
    const middle = (this.from + this.to) / 2;
    const half = ((this.to - this.from) * by) / 2;
    this.zoom(middle - half, middle + half);
  }

  /* Returns where a time is: 0 at the left edge, 1 at the right one. */
  place(ms) {
    return (ms - this.from) / (this.to - this.from);
  }

  /* Returns the times to write on the scale, in milliseconds. */
  ticks() {
    const most = Math.max(1, this.element.clientWidth / TICK_PX);
    const step = STEPS_MS.find((one) => (this.to - this.from) / one <= most) ?? (this.to - this.from) / most;
    const ticks = [];
    for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) ticks.push(at);
    return ticks;
  }

  /* Draws the scale, and into `layer`, which lies behind the rows, its lines and the idle times. */
  draw(layer, idle) {
    const ticks = this.ticks();
    const width = this.element.clientWidth;
    const written = ticks.filter((at) => this.place(at) * width < width - TICK_PX / 2);
    this.element.replaceChildren(...written.map((at) => this.#mark("axis-tick", at, at, at ? short(duration(at)) : "0")));
    layer.style.left = `${this.element.getBoundingClientRect().left - layer.parentElement.getBoundingClientRect().left}px`;
    layer.style.width = `${width}px`;
    const isSeen = ([start, end]) => end > this.from && start < this.to && (this.place(end) - this.place(start)) * width > IDLE_PX;
    const gaps = idle.filter(isSeen);
    layer.replaceChildren(
      ...gaps.map(([start, end]) => this.#mark("idle", Math.max(start, this.from), Math.min(end, this.to))),
      ...ticks.map((at) => this.#mark("axis-line", at, at)),
    );
  }

  #mark(className, start, end, text = "") {
    const mark = document.createElement("span");
    mark.className = className;
    mark.style.left = `${this.place(start) * 100}%`;
    if (end > start) mark.style.width = `${(this.place(end) - this.place(start)) * 100}%`;
    mark.textContent = text;
    return mark;
  }

  #drag(event) {
    if (event.button) return;
    event.preventDefault();
    const box = this.element.getBoundingClientRect();
    const timeAt = (x) => this.from + ((this.to - this.from) * Math.min(Math.max(x - box.left, 0), box.width)) / box.width;
    const chosen = document.createElement("span");
    chosen.className = "axis-chosen";
    this.element.append(chosen);
    const span = (x) => [Math.min(event.clientX, x), Math.max(event.clientX, x)];
    const move = ({ clientX }) => {
      const [left, right] = span(clientX);
      chosen.style.left = `${left - box.left}px`;
      chosen.style.width = `${right - left}px`;
    };
    const end = ({ clientX, type }) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      chosen.remove();
      const [left, right] = span(clientX);
      if (type === "pointerup" && right - left > DRAGGED_PX) this.zoom(timeAt(left), timeAt(right));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }
}
