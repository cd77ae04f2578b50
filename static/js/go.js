/* Leads the list to another address of its own, as a click on a link in it would. */

/* Shows the page at `search`, a query string with or without its question mark. */
export function go(search) {
  const address = `${location.pathname}?${String(search).replace(/^\?/, "")}`;
  const list = document.querySelector("[data-list]");
  if (!list) return location.assign(address);
  const link = document.createElement("a");
  link.href = address;
  link.hidden = true;
  list.append(link);
  window.htmx.process(link);
  link.click();
}

/* Returns the present query string with `changes`; null takes a parameter out, as always the place in the list. */
export function changed(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries({ cursor: null, open: null, tab: null, ...changes })) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  return query;
}
