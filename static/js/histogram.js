/* Draws the counts over time. The library is fetched when the first numbers are there, long after the list. A drag, or
   a click on a bar, narrows the period; so do the rows of the table beside it. */
import { changed, go } from "./go.js";

const SHOWS_DAYS_FROM_MS = 2.5 * 24 * 3600 * 1000;
const SHOWS_SECONDS_TO_MS = 5 * 60 * 1000;
let library = null;

function plotly(address) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

function colour(name) {
  const mark = document.createElement("span");
  mark.className = `colour-${name}`;
  mark.hidden = true;
  document.body.append(mark);
  const found = getComputedStyle(mark).backgroundColor;
  mark.remove();
  return found;
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function zoom(start, end) {
  const iso = (value) => new Date(value).toISOString().replace(/\.\d+Z$/, "Z");
  go(changed({ start: iso(start), end: iso(end), range: null }));
}

async function draw(plot) {
  const numbers = JSON.parse(plot.dataset.plot);
  const Plotly = await plotly(plot.closest("[data-plotly]").dataset.plotly);
  if (!plot.isConnected || !numbers.starts.length) return;
  const bars = numbers.series.map(({ name, colour: series, counts }) => ({
    type: "bar",
    name,
    x: numbers.local,
    y: counts,
    width: numbers.step_ms * 0.86,
    offset: numbers.step_ms * 0.07,
    marker: { color: colour(series) },
    hovertemplate: "%{y:,} " + name.replaceAll("<", "&lt;").replaceAll("%", "%%") + "<extra></extra>",
  }));
  const length = Date.parse(numbers.end) - Date.parse(numbers.starts[0]);
  const clock = length > SHOWS_DAYS_FROM_MS ? "%b %-d" : length > SHOWS_SECONDS_TO_MS ? "%H:%M" : "%H:%M:%S";
  const axis = { color: token("--text-3"), gridcolor: token("--line"), zeroline: false, fixedrange: true };
  const layout = {
    barmode: "stack",
    height: 116,
    margin: { l: 40, r: 4, t: 4, b: 20 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 11, color: token("--text-3") },
    showlegend: false,
    dragmode: "zoom",
    hovermode: "x unified",
    hoverlabel: { bgcolor: token("--surface"), bordercolor: token("--line-strong"), font: { color: token("--text") } },
    xaxis: { ...axis, type: "date", showgrid: false, fixedrange: false, nticks: 8, tickformat: clock },
    yaxis: { ...axis, nticks: 3, rangemode: "tozero", tickformat: "~s" },
  };
  await Plotly.newPlot(plot, bars, layout, { displayModeBar: false, responsive: true, doubleClick: false });
  const first = numbers.starts.map((start) => Date.parse(start));
  const placeOf = (local) => {
    const at = numbers.local.findLastIndex((start) => Date.parse(start) <= Date.parse(local));
    return Math.max(0, at);
  };
  const endOf = (place) => (place + 1 < first.length ? first[place + 1] : Date.parse(numbers.end));
  plot.on("plotly_relayout", (change) => {
    const from = change["xaxis.range[0]"];
    const to = change["xaxis.range[1]"];
    if (from && to) zoom(first[placeOf(from.replace(" ", "T"))], endOf(placeOf(to.replace(" ", "T"))));
  });
  plot.on("plotly_click", ({ points }) => zoom(first[points[0].pointIndex], endOf(points[0].pointIndex)));
}

function drawAll() {
  for (const plot of document.querySelectorAll("[data-plot]:not([data-drawn])")) {
    plot.dataset.drawn = "";
    draw(plot).catch(() => {
      plot.textContent = "The picture could not be drawn. The table below has the numbers.";
    });
  }
}

function drawAgain() {
  for (const plot of document.querySelectorAll("[data-plot][data-drawn]")) {
    window.Plotly?.purge(plot);
    delete plot.dataset.drawn;
  }
  drawAll();
}

document.addEventListener("htmx:afterSettle", drawAll);

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-start]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  zoom(row.dataset.start, row.dataset.end);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-theme-choice] input")) drawAgain();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAgain);
