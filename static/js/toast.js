/* Toasts can be dismissed; they never vanish by themselves, since one may hold the only copy of an error. */

/* Shows `text` where Django's messages are, once however often it is said. */
export function showToast(text, level) {
  const region = document.getElementById("toasts");
  if (!region || [...region.querySelectorAll("p")].some((shown) => shown.textContent === text)) return;
  const toast = document.createElement("div");
  toast.className = `toast toast-${level}`;
  toast.dataset.toast = "";
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-quiet button-small";
  close.dataset.toastClose = "";
  close.textContent = "Dismiss";
  toast.append(words, close);
  region.append(toast);
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});
