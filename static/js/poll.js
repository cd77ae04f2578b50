/* Elements with data-poll ask the server again: soon while the page is looked at, seldom otherwise. */
const SEEN_MS = 2_000;
const UNSEEN_MS = 10_000;

function ask() {
  const waiting = document.querySelectorAll("[data-poll]");
  for (const element of waiting) element.dispatchEvent(new Event("poll"));
  if (waiting.length) setTimeout(ask, document.hidden ? UNSEEN_MS : SEEN_MS);
}

setTimeout(ask, SEEN_MS);
