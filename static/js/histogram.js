/* The counts over time follow a list that is followed live. */
import { isAtRest, renew } from "./charts.js";

/* Asks for the numbers again and puts them where the old ones stand: an open table stays open. */
export async function refreshChart() {
  const chart = document.querySelector(".chart");
  const plot = chart?.querySelector(".plot[data-drawn]");
  if (!plot || !isAtRest(plot)) return;
  const answer = await fetch(chart.getAttribute("hx-get"), { headers: { "HX-Request": "true" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const numbers = fresh.querySelector("[data-plot]");
  if (!numbers || !plot.isConnected || !isAtRest(plot)) return;
  for (const part of [".chart-head", ".chart-table table"]) {
    chart.querySelector(part).replaceWith(document.importNode(fresh.querySelector(part), true));
  }
  await renew(plot, numbers.dataset.plot);
}
