/* The scale at the side of a chart: from zero to the top, with a few lines at round numbers, written as people read the
   unit. */
import { written } from "./formats.js";

const ABOVE = 1.05; // of the top: room above it
const WHOLE = new Set(["count", "tokens"]);
const SECOND = 1_000;
const TIMES_S = [10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800, 6_048_000];

/* Returns round steps, the small ones first, from below `least`. */
function stepsFrom(least, unit, isWhole) {
  if (unit === "ms" && least > 5 * SECOND) return TIMES_S.map((step) => step * SECOND);
  const power = 10 ** Math.floor(Math.log10(least));
  const steps = [1, 2, 2.5, 5, 10, 20, 25, 50, 100].map((digit) => digit * power);
  return isWhole ? [1, ...steps.filter((step) => step > 1 && Number.isInteger(step))] : steps;
}

/* Returns what is written at each of `values`, without the decimals that none of them needs. */
function textsOf(values, unit) {
  const texts = values.map((value) => (value === 0 ? "0" : written(value, unit)));
  const areWhole = texts.every((text) => !/\.\d*[1-9]/.test(text));
  return areWhole ? texts.map((text) => text.replace(/\.0+/, "")) : texts;
}

/* Returns where the scale ends, and the values of its lines, `most` above zero, with what is written there. */
export function scaleOf(top, unit, most) {
  const highest = top > 0 ? top : 1;
  const end = highest * ABOVE;
  // Where the highest is a number of whole things, so are all others.
  const isWhole = WHOLE.has(unit) && Number.isInteger(highest);
  const steps = stepsFrom(highest / (most + 1), unit, isWhole);
  const step = steps.find((candidate) => Math.floor(end / candidate) <= most);
  const values = Array.from({ length: Math.floor(end / step) + 1 }, (_, place) => place * step);
  return { end, values, texts: textsOf(values, unit) };
}
