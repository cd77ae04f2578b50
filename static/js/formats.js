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
