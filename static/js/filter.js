/* The filter bar suggests values of the chosen field. */
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches("[data-filter-field]")) return;
  const value = field.form.querySelector("[data-filter-value]");
  value.setAttribute("list", `values-${field.value}`);
  value.placeholder = field.selectedOptions[0].dataset.placeholder ?? "Add a filter…";
  value.value = "";
  value.focus();
});
