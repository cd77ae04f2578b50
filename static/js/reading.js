/* Returns whether somebody reads a list in which new rows would push the others down. */
export const isReading = () =>
  scrollY > 80
  || Boolean(document.getElementById("drawer")?.firstElementChild)
  || Boolean(String(getSelection()))
  || Boolean(document.querySelector("dialog[open], details.menu[open]"))
  || document.getElementById("selection")?.hidden === false;
