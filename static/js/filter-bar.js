/* The filter bar: what may come next is offered by the server while one types (an ARIA combobox); Backspace in the
   empty field takes the last chip away, a click on a chip puts it back into the field, and a pasted link is followed.
   A field of another form, which keeps a filter, is offered the same; a pasted link gives it the filter in it. */
import { go } from "./go.js";

const WAIT_MS = 120;
let timer = 0;
let asking = null;
let offered = { start: 0, end: 0, options: [] };
let active = -1;
let toEdit = null;

const field = () => document.getElementById("filter-text");
const list = () => document.getElementById("filter-options");
const isOfList = () => field().form.id === "filter-form";

function close() {
  clearTimeout(timer);
  asking?.abort();
  active = -1;
  list()?.replaceChildren();
  list()?.setAttribute("hidden", "");
  field()?.setAttribute("aria-expanded", "false");
  field()?.removeAttribute("aria-activedescendant");
}

function mark(index) {
  active = index;
  [...list().children].forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
  const option = list().children[index];
  if (!option) return field().removeAttribute("aria-activedescendant");
  option.scrollIntoView({ block: "nearest" });
  field().setAttribute("aria-activedescendant", option.id);
}

function show(found) {
  offered = found;
  active = -1;
  field().removeAttribute("aria-activedescendant");
  list().replaceChildren(...found.options.map(({ insert, detail }, place) => {
    const option = document.createElement("li");
    option.id = `filter-option-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.option = place;
    const text = document.createElement("code");
    text.textContent = insert;
    const more = document.createElement("span");
    more.className = "dim";
    more.textContent = detail;
    option.append(text, more);
    return option;
  }));
  list().hidden = !found.options.length;
  field().setAttribute("aria-expanded", String(found.options.length > 0));
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const box = field();
  const query = new URLSearchParams({ q: box.value, at: box.selectionStart });
  const now = new URLSearchParams(location.search);
  for (const name of ["range", "start", "end"]) if (now.get(name)) query.set(name, now.get(name));
  try {
    const answer = await fetch(`${box.dataset.suggest}?${query}`, { signal });
    if (answer.ok && !answer.redirected && document.activeElement === field()) show(await answer.json());
  } catch {
    // Without suggestions one can still type: nothing to tell.
  }
}

function askSoon() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
}

function choose(index) {
  const { start, end, options } = offered;
  const { insert, whole } = options[index];
  const box = field();
  box.value = box.value.slice(0, start) + insert + box.value.slice(end);
  box.setSelectionRange(start + insert.length, start + insert.length);
  close();
  box.focus();
  if (!isOfList()) box.dispatchEvent(new Event("change", { bubbles: true }));
  if (!whole) askSoon();
  else if (isOfList() && box.value.trim() === insert) box.form.requestSubmit();
}

document.addEventListener("input", (event) => {
  if (event.target === field()) askSoon();
});

document.addEventListener("focusout", (event) => {
  if (event.target === field()) close();
});

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest("[data-option]");
  if (!option) return;
  // The field keeps the focus, so that the list stays until the choice is made.
  event.preventDefault();
  choose(Number(option.dataset.option));
});

document.addEventListener("click", (event) => {
  if (event.target === field() && list().hidden) askSoon();
  const chip = event.target.closest("[data-edit]");
  if (!chip) return;
  toEdit = chip.dataset.edit;
  go(chip.dataset.query);
});

document.addEventListener("keydown", (event) => {
  if (event.target !== field() || event.isComposing) return;
  const number = list().children.length;
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.altKey) {
    event.preventDefault();
    if (!number) return askSoon();
    const step = event.key === "ArrowDown" ? 1 : -1;
    mark((active + step + number + (active < 0 && step < 0 ? 1 : 0)) % number);
  } else if (event.key === "Enter" && active >= 0) {
    event.preventDefault();
    choose(active);
  } else if (event.key === "Tab" && !event.shiftKey && number && active >= 0) {
    event.preventDefault();
    choose(active);
  } else if (event.key === "Escape") {
    event.stopPropagation();
    if (number) close();
    else field().blur();
  } else if (event.key === "Backspace" && !field().value) {
    event.preventDefault();
    [...document.querySelectorAll(".filter .chip-remove")].at(-1)?.click();
  }
});

document.addEventListener("paste", (event) => {
  if (event.target !== field()) return;
  const text = event.clipboardData.getData("text").trim();
  if (!/^https?:\/\/\S+\?\S/.test(text) || !URL.canParse(text)) return;
  event.preventDefault();
  if (isOfList()) return go(new URL(text).search);
  field().value = new URL(text).searchParams.get("q") ?? "";
  field().dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.matches?.("[data-list]")) close();
});

document.addEventListener("htmx:afterSettle", () => {
  if (toEdit === null || !field()) return;
  field().value = toEdit;
  toEdit = null;
  field().focus();
});
