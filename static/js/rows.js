/* The list and its drawer: a click anywhere on a row opens it; j and k move, Escape closes. The address always says
   which request is open: the server's answer pushes it, and closing removes it again. */
import { isTaken } from "./keys.js";

const STEPS = { j: 1, k: -1 };
let opening = null; // the latest request for the drawer; what an earlier one brings is not wanted any more

// The page of a session has the same drawer, and leads it itself.
const drawer = () => document.querySelector("#drawer:not([data-own])");
const isOpen = () => Boolean(drawer()?.firstElementChild);
const isOpening = () => drawer()?.getAttribute("aria-busy") === "true";
const rows = () => [...document.querySelectorAll("[data-row]")];
const linkOf = (row) => row?.querySelector(".row-link");

function mark(row) {
  for (const other of rows()) other.removeAttribute("aria-current");
  row?.setAttribute("aria-current", "true");
}

function currentIndex() {
  const focused = document.activeElement?.closest("[data-row]");
  return rows().findIndex((row) => row === focused || (isOpen() && row.hasAttribute("aria-current")));
}

function move(step) {
  const all = rows();
  const row = all[Math.max(0, Math.min(all.length - 1, currentIndex() + step))];
  if (!row) return;
  row.scrollIntoView({ block: "nearest" });
  if (!isOpen()) linkOf(row).focus();
  else if (!row.hasAttribute("aria-current")) linkOf(row).click();
}

/* Without aborting the request, which htmx would report as an error. */
function forgetOpening() {
  opening = null;
  drawer().removeAttribute("aria-busy");
}

function close() {
  forgetOpening();
  const row = document.querySelector("[data-row][aria-current]");
  drawer().replaceChildren();
  mark(null);
  linkOf(row)?.focus();
  const url = new URL(location.href);
  url.searchParams.delete("open");
  url.searchParams.delete("tab");
  // The mark by which htmx knows its own entries: Back from here opens the drawer again.
  if (url.href === location.href) return; // of a list whose address does not say what is open
  history.replaceState({ htmx: true }, "", location.href);
  history.pushState({ htmx: true }, "", url);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-drawer-close]") && drawer()) {
    event.preventDefault();
    return close();
  }
  const mover = event.target.closest("[data-move]");
  if (mover) return move(Number(mover.dataset.move));
  const row = event.target.closest("[data-row]");
  if (!row || event.target.closest("a, button, .select") || String(getSelection())) return;
  linkOf(row).click();
});

document.addEventListener("keydown", (event) => {
  if (isTaken(event)) return;
  if (event.key in STEPS && rows().length) {
    event.preventDefault();
    move(STEPS[event.key]);
  } else if (event.key === "Escape" && isOpen()) {
    close();
  } else if (event.key === "Escape" && isOpening()) {
    forgetOpening();
    mark(null);
  }
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (row) mark(row);
  if (!drawer() || event.detail.target !== drawer()) return;
  opening = event.detail.xhr;
  drawer().setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target === drawer() && event.detail.xhr !== opening) event.detail.shouldSwap = false;
});

/* On narrow screens the tabs scroll; the chosen one may not stay out of sight. */
function showTab() {
  const tab = document.querySelector(".tabs > .tab[aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
}

document.addEventListener("htmx:afterSettle", (event) => {
  showTab();
  if (event.target !== drawer() || event.detail.xhr !== opening) return;
  drawer().removeAttribute("aria-busy");
  // Links inside the drawer lead to other requests, which may be in the list or not.
  mark(document.querySelector(`[data-row="${drawer().querySelector("[data-request]")?.dataset.request}"]`));
  // A tab keeps its focus (htmx finds it again by its id); whoever opened a request starts at its title.
  if (!drawer().contains(document.activeElement)) {
    document.getElementById("detail-title")?.focus({ preventScroll: true });
    drawer().scrollTop = 0;
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, successful, xhr } = event.detail;
  if (xhr === opening) drawer()?.removeAttribute("aria-busy");
  if (successful && requestConfig.elt.closest(".pager")) scrollTo(0, 0);
});

showTab();
