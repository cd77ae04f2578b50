/* Single keys: "/" filters, "g" and a letter goes to a page, "?" lists them all. Rows have theirs in rows.js. */
const SEQUENCE_MS = 1200;
let wentAt = -Infinity;

/* Returns whether a key press is text or a browser command rather than one of ours. */
export function isTaken(event) {
  return event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey
    || event.target.closest?.("input, textarea, select, [contenteditable]")
    || document.querySelector("dialog[open]");
}

document.addEventListener("keydown", (event) => {
  if (isTaken(event)) return;
  if (performance.now() - wentAt < SEQUENCE_MS) {
    wentAt = -Infinity;
    const link = document.querySelector(`[data-go-key="${CSS.escape(event.key)}"]`);
    if (!link) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    link.click();
  } else if (event.key === "g") {
    wentAt = performance.now();
  } else if (event.key === "/") {
    const filter = document.querySelector("[data-filter-value]");
    if (!filter) return;
    event.preventDefault();
    filter.focus();
    filter.select();
  } else if (event.key === "?") {
    event.preventDefault();
    document.getElementById("keys")?.showModal();
  }
});
