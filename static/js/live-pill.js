/* The button above a list that says how many rows wait to be shown; none when there are none. */
export function showPill(number) {
  let pill = document.getElementById("live-pill");
  if (!number) return pill?.remove();
  if (!pill) {
    pill = document.createElement("button");
    pill.type = "button";
    pill.id = "live-pill";
    pill.className = "live-pill";
    document.querySelector("[data-list]").append(pill);
  }
  pill.textContent = `${number} new`;
}
