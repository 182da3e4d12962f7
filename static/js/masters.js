/* Forms of master data: another row, a preview of lot numbers, the first wrong field, and leaving with something unsaved is asked. */
"use strict";

document.querySelectorAll("[data-add-row]").forEach((button) => {
  const prefix = button.dataset.addRow;
  const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
  const template = document.querySelector(`template[data-row-of="${prefix}"]`);
  const rows = document.querySelector(`[data-rows="${prefix}"]`);
  button.hidden = false;
  button.addEventListener("click", () => {
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
    const row = holder.firstElementChild;
    rows.append(row);
    total.value = Number(total.value) + 1;
    const first = row.querySelector("input:not([type=hidden]), select");
    if (first) first.focus();
  });
});

document.querySelectorAll("form[data-unsaved]").forEach((form) => {
  let touched = Boolean(document.querySelector(".banner-stop"));
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", () => { touched = false; });
  window.addEventListener("beforeunload", (event) => {
    if (touched) event.preventDefault();
  });
});

const wrong = document.querySelector("form[data-unsaved] [aria-invalid=true]");
if (wrong) wrong.focus();

/* A lot number by its pattern, for a lot of today. */
const pattern = document.querySelector("[data-field=lot_pattern]");
if (pattern) {
  const shown = document.createElement("span");
  shown.className = "note";
  shown.setAttribute("aria-live", "polite");
  pattern.after(shown);
  const two = (number) => String(number).padStart(2, "0");
  const show = () => {
    const now = new Date();
    const day = `${String(now.getFullYear()).slice(2)}${two(now.getMonth() + 1)}${two(now.getDate())}`;
    const number = pattern.value.replace("{yymmdd}", day).replace("{yyyy}", now.getFullYear()).replace("{nn}", "01");
    shown.textContent = pattern.value ? `The first lot of today: ${number}` : "The supplier's own number";
  };
  pattern.addEventListener("input", show);
  show();
}
