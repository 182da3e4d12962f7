/* "What is in it?": a tree in a table. */
"use strict";

/* Trees: up and down between rows, right opens a branch, left goes to the branch above (WAI-ARIA treegrid, by row). */
document.addEventListener("keydown", (event) => {
  const row = event.target.closest && event.target.closest('[role="treegrid"] tbody tr');
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const go = (other) => {
    const link = other && other.querySelector("a");
    if (link) {
      event.preventDefault();
      link.focus();
    }
  };
  const level = (other) => Number(other.getAttribute("aria-level"));
  if (event.key === "ArrowDown") go(row.nextElementSibling);
  if (event.key === "ArrowUp") go(row.previousElementSibling);
  if (event.key === "ArrowRight") {
    const more = row.querySelector("[hx-get]");
    if (more) {
      event.preventDefault();
      more.click();
    }
  }
  if (event.key === "ArrowLeft") {
    let above = row.previousElementSibling;
    while (above && level(above) >= level(row)) above = above.previousElementSibling;
    go(above);
  }
});

/* A branch that was opened keeps the focus on its own row. */
document.addEventListener("htmx:afterSettle", (event) => {
  const asked = event.detail.requestConfig && /^(\/lots\/\d+\/)inside\//.exec(event.detail.requestConfig.path);
  if (!asked || document.activeElement !== document.body) return;
  const link = document.querySelector(`[role="treegrid"] tr[aria-expanded="true"] a.lot-code[href="${asked[1]}"]`);
  if (link) link.focus();
});

