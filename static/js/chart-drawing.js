/* What plotly.js is given for the numbers of a chart (requests_app/charts.py). Bars stand beside each other by their
   names and not on an axis of time, where an hour that comes twice would lie on top of itself. */
import { scaleOf } from "./chart-scale.js";
import { written } from "./formats.js";
import { colour, token } from "./plotly.js";

const NARROW_PX = 520;
const FONT_PX = 11;
const CHARACTER_PX = 6.4;
const TICK_PX = 50; // what is written below the bars is no closer than this
const LABEL_PX = 13; // two labels at the ends of lines are no closer than this
const BOTTOM_PX = 20;
const TOP_PX = 6;
const LINE_PX = 44; // the lines of the scale are no closer than this
const MOST_LINES = 4;
const SHORT_NAME = 8;

const literal = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/* Returns the highest value that is drawn: of a stack, or of one series. */
export function topOf({ series, is_stacked: isStacked, starts }) {
  const own = series.filter((one) => !isStacked || one.is_compared);
  const single = own.flatMap(({ values }) => values).reduce((top, value) => Math.max(top, value ?? 0), 0);
  if (!isStacked) return single;
  const stacked = series.filter((one) => !one.is_compared);
  const sums = starts.map((_, place) => stacked.reduce((sum, { values }) => sum + (values[place] ?? 0), 0));
  return Math.max(single, ...sums);
}

function traceOf(one, { kind, unit, labels }) {
  const { name, colour: own, values, is_compared: isCompared, is_forecast: isForecast, is_limit: isLimit } = one;
  const shared = {
    name,
    x: labels,
    y: values,
    customdata: values.map((value) => written(value, unit)),
    hovertemplate: `%{customdata} ${literal(name).replaceAll("%", "%%")}<extra></extra>`,
  };
  if (isCompared) {
    const line = { color: token("--text-3"), width: 1.5, dash: "4px,4px" };
    return { ...shared, type: "scatter", mode: "lines", line, opacity: 0.75 };
  }
  if (isLimit) {
    const line = { color: token("--bad"), width: 1.5, dash: "6px,4px", shape: "hvh" };
    return { ...shared, type: "scatter", mode: "lines", line };
  }
  if (isForecast) {
    const line = { color: colour(own), width: 1.75, dash: "4px,4px" };
    return { ...shared, type: "scatter", mode: "lines", line };
  }
  if (kind === "bars") return { ...shared, type: "bar", marker: { color: colour(own) } };
  // A line through one point only would not be seen.
  const isAlone = (place) => (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null;
  const size = values.map((_, place) => (isAlone(place) ? 5 : 0));
  return {
    ...shared,
    type: "scatter",
    mode: size.some(Boolean) ? "lines+markers" : "lines",
    line: { color: colour(own), width: 1.75 },
    marker: { color: colour(own), size, opacity: 1 },
    connectgaps: false,
  };
}

/* Returns what stands at the ends of the lines: the last value of each, from above, where it does not cover another. */
function lastValues({ kind, unit, labels, series }, { end, heightPx, isNarrow }) {
  if (kind !== "lines") return [];
  const found = series
    .filter((one) => !one.is_compared && !one.is_limit)
    .map(({ name, values }) => ({ name, place: values.findLastIndex((value) => value !== null), values }))
    .filter(({ place }) => place >= 0 && place >= labels.length * 0.9)
    .map(({ name, place, values }) => ({ name, place, value: values[place] }))
    .sort((one, other) => other.value - one.value);
  let above = Infinity;
  return found.flatMap(({ name, place, value }) => {
    const fromBottomPx = (value / end) * heightPx;
    if (above - fromBottomPx < LABEL_PX) return [];
    above = fromBottomPx;
    const text = written(value, unit);
    return [{ place, value, text: isNarrow || name.length > SHORT_NAME ? text : `${name} ${text}` }];
  });
}

/* Returns the stretches that are set off, as bands behind the lines. */
function bandsOf({ spans }) {
  return spans.map(([first, last]) => ({
    type: "rect", xref: "x", yref: "paper", x0: first - 0.5, x1: last + 0.5, y0: 0, y1: 1,
    layer: "below", fillcolor: token("--bad"), opacity: 0.16, line: { width: 0 },
  }));
}

const widthOf = (texts) => Math.ceil(Math.max(0, ...texts.map((text) => text.length)) * CHARACTER_PX);

/* Returns traces, layout and options for `Plotly.newPlot` and `Plotly.react` of `plot`. */
export function drawing(plot, numbers) {
  const { unit, labels, ticks, series, is_stacked: isStacked } = numbers;
  const isNarrow = plot.clientWidth < NARROW_PX;
  const heightPx = plot.clientHeight - TOP_PX - BOTTOM_PX;
  const scale = scaleOf(topOf(numbers), unit, Math.max(1, Math.min(MOST_LINES, Math.floor(heightPx / LINE_PX))));
  const ends = lastValues(numbers, { end: scale.end, heightPx, isNarrow });
  const margin = { l: widthOf(scale.texts) + 8, r: widthOf(ends.map(({ text }) => text)) + 6, t: TOP_PX, b: BOTTOM_PX };
  const every = Math.ceil((ticks.length * TICK_PX) / (plot.clientWidth - margin.l - margin.r));
  const shown = ticks.filter((_, place) => place % every === 0);
  const axis = { color: token("--text-3"), gridcolor: token("--line"), zeroline: false, fixedrange: true };
  const layout = {
    barmode: isStacked ? "stack" : "group",
    bargap: 0.14,
    height: plot.clientHeight,
    width: plot.clientWidth,
    margin,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: FONT_PX, color: token("--text-3") },
    showlegend: false,
    // A finger that moves over a chart scrolls the page.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    hovermode: "x unified",
    hoverlabel: {
      bgcolor: token("--surface"),
      bordercolor: token("--line-strong"),
      font: { size: FONT_PX, color: token("--text") },
    },
    annotations: ends.map(({ place, value, text }) => ({
      x: place, y: value, text: literal(text), xanchor: "left", yanchor: "middle", xshift: 4, showarrow: false,
      font: { color: token("--text-2") },
    })),
    shapes: bandsOf(numbers),
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
    yaxis: { ...axis, range: [0, scale.end], tickmode: "array", tickvals: scale.values, ticktext: scale.texts },
  };
  const traces = series.map((one) => traceOf(one, numbers));
  return [traces, layout, { displayModeBar: false, responsive: false, doubleClick: false }];
}
