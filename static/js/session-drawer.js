/* The details of a step beside the tree: the requests' drawer, which here belongs to the session. */

const FIRST_TAB = "conversation";
const drawer = () => document.getElementById("drawer");
let wanted = null; // the request that is on its way
let loading = null;

/* Returns whether there are details, or will be in a moment. */
export const isOpen = () => Boolean(wanted ?? drawer().firstElementChild);

/* Returns the id of the request that the drawer shows, undefined for none. */
export const openId = () => drawer().querySelector("[data-request]")?.dataset.request;

/* Returns whether the drawer shows what was asked for last, rather than what another one will soon replace. */
export const isSettled = () => !wanted || wanted.id === openId();

/* Returns the tab that is open, "" for the first one. */
export function openTab() {
  const tab = drawer().querySelector(".tab[aria-current]")?.id.replace("tab-", "") ?? "";
  return tab === FIRST_TAB ? "" : tab;
}

/* Shows a request, in the tab that was open. `takesFocus` says that the reader goes there; else the focus stays where it
   is. Of several that are asked for while one is on its way only the last is fetched. */
export function openRequest(id, { takesFocus }) {
  wanted = { id, takesFocus };
  drawer().setAttribute("aria-busy", "true");
  loading ??= load().finally(() => {
    loading = null;
    drawer().removeAttribute("aria-busy");
  });
  return loading;
}

async function load() {
  while (wanted) {
    const one = wanted;
    const address = drawer().dataset.detail.replace(drawer().dataset.id, one.id) + (openTab() ? `?tab=${openTab()}` : "");
    await window.htmx.ajax("GET", address, { source: drawer(), target: "#drawer", swap: "innerHTML" }).catch(() => {});
    if (wanted === one) wanted = null;
    if (wanted || openId() !== one.id) continue;
    drawer().scrollTop = 0;
    if (one.takesFocus) document.getElementById("detail-title")?.focus({ preventScroll: true });
  }
}

export function closeDrawer() {
  wanted = null;
  drawer().replaceChildren();
}

// What was asked for before another one, or before it was closed, is not shown any more.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.requestConfig.elt === drawer() && !detail.pathInfo.requestPath.includes(wanted?.id)) detail.shouldSwap = false;
});
