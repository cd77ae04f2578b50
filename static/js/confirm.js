/* Asks before a form with data-confirm is sent. The partial parts/confirm.html is the dialog. */
let waiting = null;

document.addEventListener("submit", (event) => {
  const form = event.target;
  const dialog = document.getElementById("confirm");
  if (!form.matches("[data-confirm]") || !dialog) return;
  if (waiting?.form === form && waiting.confirmed) return;
  event.preventDefault();
  event.stopPropagation();
  waiting = { form, submitter: event.submitter, confirmed: false };
  dialog.querySelector("#confirm-title").textContent = form.dataset.confirmTitle ?? "Are you sure?";
  dialog.querySelector("#confirm-text").textContent = form.dataset.confirm;
  dialog.querySelector("[data-confirm-button]").textContent = form.dataset.confirmAction ?? "Continue";
  dialog.returnValue = "";
  dialog.showModal();
}, true);

document.addEventListener("close", (event) => {
  if (event.target.id !== "confirm" || !waiting) return;
  if (event.target.returnValue === "confirm") {
    waiting.confirmed = true;
    waiting.form.requestSubmit(waiting.submitter);
  }
  waiting = null;
}, true);
