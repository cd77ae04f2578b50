/* What htmx leaves open: an answer that is no piece of a page, and no answer at all. */
import { showToast } from "./toast.js";

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  // "Too soon" is said where the answer would be.
  if (xhr.status === 429 && target.matches("[data-takes-refusal]")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
  // Whoever was logged out meanwhile gets the log-in page, whole: go there rather than put it into the list.
  if (!/^\s*<!doctype/i.test(xhr.responseText)) return;
  event.detail.shouldSwap = false;
  if (xhr.status < 400) location.assign(xhr.responseURL);
});

function tell(event) {
  // A poll tries again by itself.
  if (event.detail.elt?.matches("[data-poll]")) return;
  const { status } = event.detail.xhr ?? {};
  if (status === 404) showToast("This is no longer there.", "error");
  else if (status) showToast(`The server could not answer (${status}). Try again.`, "error");
  else showToast("The server could not be reached. Try again.", "error");
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, tell);
