/* Navigation: collapsed to icons on wide screens (remembered), folded away on narrow ones. */
import { remember } from "./cookies.js";

const root = document.documentElement;

function setCollapsed(button, collapsed) {
  root.dataset.nav = collapsed ? "collapsed" : "open";
  button.setAttribute("aria-expanded", String(!collapsed));
  remember("nav", root.dataset.nav);
}

function setUnfolded(unfolded) {
  document.getElementById("navigation")?.classList.toggle("is-open", unfolded);
  document.querySelector("[data-nav-open]")?.setAttribute("aria-expanded", String(unfolded));
}

document.addEventListener("click", (event) => {
  const collapse = event.target.closest("[data-nav-collapse]");
  if (collapse) return setCollapsed(collapse, root.dataset.nav !== "collapsed");
  const open = event.target.closest("[data-nav-open]");
  if (open) return setUnfolded(open.getAttribute("aria-expanded") !== "true");
  if (!event.target.closest("#navigation")) setUnfolded(false);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !document.querySelector("#navigation.is-open")) return;
  setUnfolded(false);
  document.querySelector("[data-nav-open]").focus();
});
