/* How numbers are written for people, as helicone_site/formats.py writes them: a test holds the two together. */
const NOTHING = "–";

/* Returns `840 ms`, `1.42 s`, `21.4 s`, `2 m 05 s`, `3 h 07 m` from milliseconds. */
export function duration(milliseconds) {
  if (milliseconds === null) return NOTHING;
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const two = (number) => String(number).padStart(2, "0");
  if (minutes < 60) return `${minutes} m ${two(Math.round(seconds) % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
}

/* Returns `$0.00031`, `$0.0725`, `$12.40`, `$1,204` from nano-dollars; never rounds to nothing. */
export function money(nanodollars) {
  if (nanodollars === null) return NOTHING;
  if (nanodollars === 0) return "$0";
  const dollars = Math.abs(nanodollars) / 1e9;
  const sign = nanodollars < 0 ? "-" : "";
  if (dollars < 0.01) return `${sign}$${dollars.toFixed(1 - Math.floor(Math.log10(dollars))).replace(/0+$/, "")}`;
  if (dollars < 1) return `${sign}$${dollars.toFixed(4).replace(/00$/, "")}`;
  if (dollars < 1000) return `${sign}$${dollars.toFixed(2)}`;
  return `${sign}$${Math.round(dollars).toLocaleString("en-US")}`;
}

/* Returns `0.25`, `12.5`, `1,204`, `12.4 k`, `3.1 M`, `2.0 G`. */
export function number(value) {
  if (value === null) return NOTHING;
  const size = Math.abs(value);
  if (size < 100 && !Number.isInteger(value)) return withoutZeros(value.toFixed(size >= 10 ? 1 : 2));
  const whole = Math.round(value);
  if (Math.abs(whole) < 10_000) return whole.toLocaleString("en-US");
  if (size / 1e3 < 999.95) return `${(whole / 1e3).toFixed(1)} k`;
  if (size / 1e6 < 999.95) return `${(whole / 1e6).toFixed(1)} M`;
  return `${(whole / 1e9).toFixed(1)} G`;
}

/* Returns `0.94 %`, `12.4 %`, `100 %` from a share of 0 to 100; `< 0.01 %` rather than nothing. */
export function percent(value) {
  if (value === null) return NOTHING;
  if (value > 0 && value < 0.005) return "< 0.01 %";
  return `${withoutZeros(value.toFixed(value >= 9.995 ? 1 : 2))} %`;
}

/* Returns `4.25 tok/s`, `48.2 tok/s`. */
export const tokenRate = (value) => (value === null ? NOTHING : `${number(value)} tok/s`);

const withoutZeros = (text) => text.replace(/\.?0+$/, "");

const WRITTEN = { count: number, money, ms: duration, percent, tokens: number, tokens_per_s: tokenRate };

/* Returns a value of a chart in the words of its unit. */
export const written = (value, unit) => WRITTEN[unit](value);
