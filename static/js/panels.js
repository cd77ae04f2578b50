/* The panels of a dashboard while they are being changed: each has tools on top, and what it shows is out of reach.
   "Done" sends the order and sizes with the form; leaving without it changes nothing. */
const WIDTHS = [3, 4, 6, 8, 12];
const HEIGHTS = ["s", "m", "l"];
const HEIGHT_WORDS = { s: "low", m: "of middle height", l: "high" };
const ARROWS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
const STEP_PX = 12; // the pointer has to move as far before a panel moves again, which else it would do to and fro
let dragged = null;

const grid = () => document.querySelector("[data-panels]");
const form = () => document.getElementById("customize");
const panels = () => [...grid().querySelectorAll("[data-panel]")];
const nameOf = (panel) => panel.getAttribute("aria-label");

function say(text) {
  document.getElementById("customize-said").textContent = text;
}

/* Puts `panel` where `place` says by moving the others around it: it keeps the focus and the pointer. */
function moveTo(panel, place) {
  const all = panels();
  const from = all.indexOf(panel);
  const to = Math.max(0, Math.min(all.length - 1, place));
  if (to > from) panel.before(...all.slice(from + 1, to + 1));
  else if (to < from) panel.after(...all.slice(to, from));
  else return;
  say(`${nameOf(panel)}: place ${to + 1} of ${all.length}.`);
}

function resize(panel, { width, height }) {
  panel.classList.remove(`tile-w${panel.dataset.width}`, `tile-${panel.dataset.height}`);
  Object.assign(panel.dataset, { width, height });
  panel.classList.add(`tile-w${width}`, `tile-${height}`);
  say(`${nameOf(panel)}: ${width} of 12 columns wide, ${HEIGHT_WORDS[height]}.`);
}

const stepped = (choices, current, step) =>
  choices[Math.max(0, Math.min(choices.length - 1, choices.indexOf(current) + step))];

function addTools(panel) {
  const tools = document.getElementById("panel-tools").content.cloneNode(true).firstElementChild;
  tools.setAttribute("aria-label", nameOf(panel));
  tools.querySelector(".panel-tools-name").textContent = nameOf(panel);
  for (const button of tools.querySelectorAll("button")) {
    button.setAttribute("aria-label", `${button.title || "Move"}: ${nameOf(panel)}`);
  }
  for (const part of panel.children) part.inert = true;
  panel.prepend(tools);
}

function start() {
  grid().classList.add("is-customized");
  form().hidden = false;
  for (const button of document.querySelectorAll("[data-customize]")) button.setAttribute("aria-expanded", "true");
  panels().forEach(addTools);
}

function hide(panel) {
  const all = panels();
  const next = all[all.indexOf(panel) + 1] ?? all[all.indexOf(panel) - 1];
  panel.remove();
  say(`${nameOf(panel)} is hidden.`);
  (next?.querySelector("[data-panel-hide]") ?? form().querySelector("button")).focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-customize]")) return form().hidden ? start() : form().requestSubmit();
  const panel = button?.closest("[data-panel]");
  if (!panel || !button.closest(".panel-tools")) return;
  const { panelWidth, panelHeight, panelHide } = button.dataset;
  if (panelHide !== undefined) return hide(panel);
  const width = stepped(WIDTHS, Number(panel.dataset.width), Number(panelWidth ?? 0));
  const height = stepped(HEIGHTS, panel.dataset.height, Number(panelHeight ?? 0));
  if (panelWidth || panelHeight) resize(panel, { width, height });
});

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("[data-panel-move]");
  const step = ARROWS[event.key];
  if (!handle || !step) return;
  event.preventDefault();
  const panel = handle.closest("[data-panel]");
  moveTo(panel, panels().indexOf(panel) + step);
  panel.scrollIntoView({ block: "nearest" });
});

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest?.("[data-panel-move]");
  if (!handle || event.button !== 0) return;
  dragged = { panel: handle.closest("[data-panel]"), x: event.clientX, y: event.clientY };
  handle.setPointerCapture(event.pointerId);
  dragged.panel.classList.add("is-dragged");
});

document.addEventListener("pointermove", (event) => {
  if (!dragged || Math.hypot(event.clientX - dragged.x, event.clientY - dragged.y) < STEP_PX) return;
  const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-panel]");
  if (!over || over === dragged.panel) return;
  moveTo(dragged.panel, panels().indexOf(over));
  Object.assign(dragged, { x: event.clientX, y: event.clientY });
});

function drop() {
  dragged?.panel.classList.remove("is-dragged");
  dragged = null;
}

document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  const written = panels().map(({ dataset: { panel, width, height } }) => `${panel}:${width}:${height}`);
  event.target.elements.layout.value = written.join(" ");
});

/* What is asked for anew does not come while it would take the tools away. */
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.closest(".is-customized")) detail.shouldSwap = false;
});

/* After a panel was added, the page comes back to be changed further. */
const address = new URL(location.href);
if (grid() && address.searchParams.has("customize")) {
  address.searchParams.delete("customize");
  history.replaceState(history.state, "", address);
  start();
  panels().at(-1)?.querySelector("[data-panel-move]")?.focus();
}
