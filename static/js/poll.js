/* Elements with data-poll ask the server again: soon while the page is looked at, seldom otherwise. */
const SEEN_MS = 2_000;
const UNSEEN_MS = 10_000;

function ask() {
  const waiting = document.querySelectorAll("[data-poll]");
  // What is swapped away under an open dialog could not be confirmed any more.
  if (!document.querySelector("dialog[open]")) {
    for (const element of waiting) element.dispatchEvent(new Event("poll"));
  }
  if (waiting.length) setTimeout(ask, document.hidden ? UNSEEN_MS : SEEN_MS);
}

setTimeout(ask, SEEN_MS);
