/* The three-way theme choice: applied at once, and remembered for the server's next page. */
import { remember } from "./cookies.js";

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-theme-choice] input")) return;
  document.documentElement.dataset.theme = event.target.value;
  remember("theme", event.target.value);
});
