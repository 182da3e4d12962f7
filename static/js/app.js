/* Ctrl-K goes to the search box; a scan box keeps the focus; a sent form is not sent twice by a double click. */
"use strict";

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
