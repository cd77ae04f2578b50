/* Draws the counts over time. The library is fetched when the first numbers are there, long after the list. A drag, or
   a click on a bar, narrows the period; so do the rows of the table beside it. Bars stand beside each other by their
   names and not on an axis of time, where an hour that comes twice would lie on top of itself. */
import { changed, go } from "./go.js";

const NARROW_PX = 520;
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

const zoom = (start, end) => go(changed({ start, end, range: null }));

const numbersOf = (plot) => JSON.parse(plot.dataset.plot);

function drawing(plot) {
  const { labels, ticks, series } = numbersOf(plot);
  const bars = series.map(({ name, colour: own, counts }) => ({
    type: "bar",
    name,
    x: labels,
    y: counts,
    marker: { color: colour(own) },
    hovertemplate: "%{y:,} " + name.replaceAll("<", "&lt;").replaceAll("%", "%%") + "<extra></extra>",
  }));
  const shown = plot.clientWidth < NARROW_PX ? ticks.filter((_, place) => place % 2 === 0) : ticks;
  const axis = { color: token("--text-3"), gridcolor: token("--line"), zeroline: false, fixedrange: true };
  const layout = {
    barmode: "stack",
    bargap: 0.14,
    height: 116,
    margin: { l: 40, r: 4, t: 4, b: 20 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 11, color: token("--text-3") },
    showlegend: false,
    dragmode: "zoom",
    hovermode: "x unified",
    hoverlabel: { bgcolor: token("--surface"), bordercolor: token("--line-strong"), font: { color: token("--text") } },
    xaxis: {
      ...axis,
      type: "category",
      categoryorder: "array",
      categoryarray: labels,
      range: [-0.5, labels.length - 0.5],
      showgrid: false,
      fixedrange: false,
      tickmode: "array",
      tickvals: shown.map(([place]) => labels[place]),
      ticktext: shown.map(([, text]) => text),
      tickangle: 0,
      unifiedhovertitle: { text: "%{x}" },
    },
    yaxis: { ...axis, nticks: 3, rangemode: "tozero", tickformat: "~s" },
  };
  return [bars, layout, { displayModeBar: false, responsive: true, doubleClick: false }];
}

async function draw(plot) {
  const Plotly = await plotly(plot.closest("[data-plotly]").dataset.plotly);
  if (!plot.isConnected) return;
  await Plotly.newPlot(plot, ...drawing(plot));
  const zoomTo = (from, to) => {
    const { starts, end } = numbersOf(plot);
    const bar = (place) => Math.max(0, Math.min(starts.length - 1, Math.round(place)));
    zoom(starts[bar(from)], starts[bar(to) + 1] ?? end);
  };
  plot.on("plotly_relayout", (change) => {
    const from = change["xaxis.range[0]"];
    const to = change["xaxis.range[1]"];
    if (from !== undefined && to !== undefined) zoomTo(from, to);
  });
  plot.on("plotly_click", ({ points }) => zoomTo(points[0].pointIndex, points[0].pointIndex));
}

/* Asks for the numbers again and puts them where the old ones stand: nothing flickers, an open table stays open, and
   the pointer keeps its bar. */
export async function refreshChart() {
  const chart = document.querySelector(".chart");
  const plot = chart?.querySelector(".plot[data-drawn]");
  if (!plot || plot.querySelector(".zoombox")) return;
  const answer = await fetch(chart.getAttribute("hx-get"), { headers: { "HX-Request": "true" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const numbers = fresh.querySelector("[data-plot]");
  if (!numbers || !plot.isConnected || plot.querySelector(".zoombox")) return;
  plot.dataset.plot = numbers.dataset.plot;
  for (const part of [".chart-head", ".chart-table table"]) {
    chart.querySelector(part).replaceWith(document.importNode(fresh.querySelector(part), true));
  }
  await window.Plotly?.react(plot, ...drawing(plot));
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
