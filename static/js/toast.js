/* Toasts can be dismissed; they never vanish by themselves, since one may hold the only copy of an error. */
document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});
