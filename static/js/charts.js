/* Draws every [data-plot] whose numbers are on the page once it comes near the window, and again when its size or the
   theme changes. A drag narrows the period. A click leads to the requests of a bar and series, or narrows the period
   where the page is the list of requests itself; so do the rows of the table beside it. */
import { drawing } from "./chart-drawing.js";
import { changed, go } from "./go.js";
import { onTheme, plotly } from "./plotly.js";

const NEAR = "300px";
const NEAR_LINE_PX = 24;

const numbersOf = (plot) => JSON.parse(plot.dataset.plot);

const zoom = (start, end) => go(changed({ start, end, range: null }));

/* Returns start and end of the bars from one place to another. */
function spanOf({ starts, end }, from, to = from) {
  const bar = (place) => Math.max(0, Math.min(starts.length - 1, Math.round(place)));
  return [starts[bar(from)], starts[bar(to) + 1] ?? end];
}

/* Returns the series that the pointer is on: the part of a stack, or the nearest line. */
function seriesAt(plot, { series, kind, is_stacked: isStacked }, place, clientY) {
  const axis = plot._fullLayout.yaxis;
  const yPx = clientY - plot.getBoundingClientRect().top - axis._offset;
  const own = series.filter((one) => !one.is_compared && !one.is_forecast && !one.is_limit && one.values[place] !== null);
  if (kind === "bars" && isStacked) {
    let sum = 0;
    return own.find(({ values }) => (sum += values[place]) >= axis.p2d(yPx));
  }
  const distance = ({ values }) => Math.abs(axis.d2p(values[place]) - yPx);
  const nearest = own.reduce((best, one) => (best && distance(best) <= distance(one) ? best : one), null);
  return nearest && distance(nearest) <= NEAR_LINE_PX ? nearest : null;
}

function follow(plot, { points, event }) {
  const numbers = numbersOf(plot);
  const place = points[0].pointIndex;
  const [start, end] = spanOf(numbers, place);
  if (!plot.dataset.requests) return zoom(start, end);
  const query = new URLSearchParams(seriesAt(plot, numbers, place, event.clientY)?.query || numbers.query);
  query.delete("range");
  query.set("start", start);
  query.set("end", end);
  const address = `${plot.dataset.requests}?${query}`;
  if (event.ctrlKey || event.metaKey) open(address, "_blank", "noopener");
  else location.assign(address);
}

async function draw(plot) {
  const Plotly = await plotly();
  if (!plot.isConnected) return;
  await Plotly.newPlot(plot, ...drawing(plot, numbersOf(plot)));
  plot.on("plotly_relayout", (change) => {
    const from = change["xaxis.range[0]"];
    const to = change["xaxis.range[1]"];
    if (from !== undefined && to !== undefined) zoom(...spanOf(numbersOf(plot), from, to));
  });
  plot.on("plotly_click", (click) => follow(plot, click));
  sizes.observe(plot);
}

const isDrawn = (plot) => plot.isConnected && plot.classList.contains("js-plotly-plot");

const drawAgain = (plot) => isDrawn(plot) && window.Plotly.react(plot, ...drawing(plot, numbersOf(plot)));

/* Shows other numbers in a chart that is there: nothing flickers, and the pointer keeps its bar. */
export async function renew(plot, numbers) {
  plot.dataset.plot = numbers;
  await drawAgain(plot);
}

/* Returns whether the numbers may change: not under somebody who is choosing a period in them. */
export const isAtRest = (plot) => !plot.querySelector(".zoombox");

const sizes = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (!target.isConnected) sizes.unobserve(target);
    const { width, height } = target._fullLayout ?? {};
    if (target.clientWidth && (target.clientWidth !== width || target.clientHeight !== height)) drawAgain(target);
  }
});

const nearby = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    if (!isIntersecting) continue;
    nearby.unobserve(target);
    draw(target).catch(() => {
      target.textContent = "The picture could not be drawn. The table below has the numbers.";
    });
  }
}, { rootMargin: NEAR });

function find() {
  for (const plot of document.querySelectorAll("[data-plot]:not([data-drawn])")) {
    plot.dataset.drawn = "";
    nearby.observe(plot);
  }
}

/* A chart that is asked for again stays and takes the new numbers, and an open table stays open; but nothing is changed
   under somebody who is choosing a period. */
const kept = new Map();

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const plots = [...detail.target.querySelectorAll(".plot[id]")].filter(isDrawn);
  if (!plots.every(isAtRest)) detail.shouldSwap = false;
  kept.clear();
  for (const part of [...plots, ...detail.target.querySelectorAll(".chart-table[id][open]")]) kept.set(part.id, part);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const [id, old] of kept) {
    const fresh = document.getElementById(id);
    if (!fresh || fresh === old) continue;
    if (fresh.matches("details")) {
      fresh.open = true;
      continue;
    }
    old.dataset.requests = fresh.dataset.requests;
    fresh.replaceWith(old);
    renew(old, fresh.dataset.plot);
  }
  kept.clear();
});

document.addEventListener("htmx:afterSettle", find);

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-start]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  zoom(row.dataset.start, row.dataset.end);
});

onTheme(() => document.querySelectorAll(".js-plotly-plot").forEach(drawAgain));

find();
