/* Lists: choosing rows, and moving columns without asking the server. All of it works without this file, in more steps. */
"use strict";

const boxes = (panel) => [...panel.querySelectorAll('input[name="row"]')];

const tell = (panel) => {
  const rows = boxes(panel);
  const chosen = rows.filter((box) => box.checked).length;
  const all = panel.querySelector("[data-pick-all]");
  const page = panel.querySelector("[data-pick-page]");
  if (page) {
    page.checked = chosen === rows.length;
    page.indeterminate = chosen > 0 && chosen < rows.length;
  }
  if (all && chosen < rows.length) all.checked = false;
  const words = panel.querySelector("[data-picked]");
  if (words) words.textContent = all && all.checked ? "All chosen" : chosen === 1 ? "1 row chosen" : `${chosen} rows chosen`;
};

let last = null;

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches || !box.matches('input[name="row"]')) return;
  const panel = box.closest(".panel");
  if (event.shiftKey && last && panel.contains(last)) {
    const rows = boxes(panel);
    const [from, to] = [rows.indexOf(last), rows.indexOf(box)].sort((a, b) => a - b);
    rows.slice(from, to + 1).forEach((row) => (row.checked = box.checked));
  }
  last = box;
  tell(panel);
});

document.addEventListener("change", (event) => {
  const panel = event.target.closest && event.target.closest(".panel");
  if (!panel) return;
  if (event.target.matches("[data-pick-page]")) boxes(panel).forEach((box) => (box.checked = event.target.checked));
  if (event.target.matches("[data-pick-all]") && event.target.checked) boxes(panel).forEach((box) => (box.checked = true));
  if (event.target.matches("[data-pick-page], [data-pick-all]")) tell(panel);
});

/* Escape lets go of what is chosen. */
document.addEventListener("keydown", (event) => {
  const panel = document.querySelector(".panel:has(.pick input:checked)");
  if (event.key !== "Escape" || !panel || document.querySelector(":popover-open")) return;
  boxes(panel).forEach((box) => (box.checked = false));
  tell(panel);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest && event.target.closest('[data-columns] button[name="move"]');
  if (!button) return;
  event.preventDefault();
  const row = button.closest("li");
  if (button.value.startsWith("up:")) {
    if (row.previousElementSibling) row.previousElementSibling.before(row);
  } else if (row.nextElementSibling) {
    row.nextElementSibling.after(row);
  }
  const usable = getComputedStyle(button).visibility !== "hidden" ? button : row.querySelector('button[name="move"]:not([value="' + button.value + '"])');
  usable.focus();
});

/* Back from the browser's memory: boxes may still be ticked. */
window.addEventListener("pageshow", () => document.querySelectorAll(".panel").forEach((panel) => boxes(panel).length && tell(panel)));
