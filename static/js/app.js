/* Ctrl-K goes to the search box; a scan box keeps the focus; a sent form is not sent twice by a double click. */
"use strict";

/* What works only with a script shows itself now. */
document.documentElement.dataset.script = "on";

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    const box = document.querySelector(".omnibox input");
    if (box) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter && event.submitter.name === "format") return; /* A file: the page stays, and may ask again. */
  if (form.method !== "post" || form.dataset.sent) {
    if (form.dataset.sent) event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const bar = document.querySelector("body > .loading-bar, .shell .loading-bar");
  if (bar) bar.dataset.on = "";
});

/* Back from the browser's own memory: the form may be sent again. */
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  document.querySelectorAll(".loading-bar[data-on]").forEach((bar) => delete bar.dataset.on);
});

/* Clocks of open recalls: server time at load, then counted here. */
document.querySelectorAll("[data-clock-since]").forEach((clock) => {
  const started = Date.now() - Number(clock.dataset.clockSeconds) * 1000;
  const two = (number) => String(number).padStart(2, "0");
  const show = () => {
    const seconds = Math.max(0, Math.floor((Date.now() - started) / 1000));
    const days = Math.floor(seconds / 86400);
    const rest = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    clock.textContent = days ? `${days} d ${rest}` : rest;
  };
  show();
  setInterval(show, 1000);
});

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

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
