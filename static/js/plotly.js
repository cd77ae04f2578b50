/* The drawing library, and what it is to know of the page's looks. */
let library = null;

/* Returns the library; it is fetched when the first chart needs it, long after the page. */
export function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector("[data-plotly]").dataset.plotly;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

/* Returns the value of a design token such as `--line`. */
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* Returns the colour of a series, which the style sheet knows by its name. */
export function colour(name) {
  const mark = document.createElement("span");
  mark.className = `colour-${name}`;
  mark.hidden = true;
  document.body.append(mark);
  const found = getComputedStyle(mark).backgroundColor;
  mark.remove();
  return found;
}

/* Calls `redraw` whenever the page turns light or dark. */
export function onTheme(redraw) {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-theme-choice] input")) redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
