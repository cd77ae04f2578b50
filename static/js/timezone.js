/* Tells the server the viewer's time zone. The first page ever is in UTC; the next ones are local. Another zone can be
   chosen where periods are; the browser's own one takes that back. */
import { recall, remember } from "./cookies.js";
import { showToast } from "./toast.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && recall("timezone") !== zone) remember("timezone", zone);

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches("[data-zone], [data-zones]") || target.list.options.length) return;
  target.list.append(...Intl.supportedValuesOf("timeZone").map((name) => new Option(name, name)));
});

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-zone]")) return;
  const name = target.value.trim();
  try {
    new Intl.DateTimeFormat("en", { timeZone: name || zone });
  } catch {
    return showToast(`There is no time zone called ${name}.`, "error");
  }
  remember("zone", name === zone ? "" : name);
  location.reload();
});
