/* A search box with data-narrow hides all elements with data-narrow-text that lack a word of it. */
function narrow(box) {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const items = [...document.querySelectorAll("[data-narrow-text]")];
  for (const item of items) {
    const text = item.dataset.narrowText.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
  }
  for (const section of document.querySelectorAll("[data-narrow-section]")) {
    section.hidden = words.length > 0 && !section.querySelector("[data-narrow-text]:not([hidden])");
  }
  const left = items.filter((item) => !item.hidden).length;
  document.querySelector("[data-narrow-none]").hidden = left > 0;
  document.querySelector("[data-narrow-count]").textContent = words.length ? `${left} of ${items.length} shown` : "";
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-narrow]")) narrow(event.target);
});

// A browser that comes back to the page fills the box in again.
addEventListener("pageshow", () => {
  const box = document.querySelector("[data-narrow]");
  if (box?.value) narrow(box);
});
