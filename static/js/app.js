/* Every page: the search box, keys, scans, forms that are sent once, and a network that may be away. */
"use strict";

/* What works only with a script shows itself now. */
document.documentElement.dataset.script = "on";

const omnibox = () => document.querySelector(".omnibox input");
const isTyping = (target) => target.isContentEditable || (target.matches && target.matches("input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea, select"));

/* Keys. One letter waits a moment: a scanner types the next one sooner than any hand. A scan that stumbles stays one scan. */
const FAST = 80; // ms between the keys of a scanner, on average, also on a slow machine
const PAUSE = 300; // ms after which a key begins something new
const HAND = 50; // ms from one key to the next: slower is a hand
const keys = { scanned: "", began: 0, at: 0, gap: 0, wait: 0, leads: false };

const goTo = (link) => link && link.click();

const oneLetter = (key) => {
  if (document.documentElement.dataset.shortcuts === "off") return;
  const root = document.documentElement;
  if (keys.leads) {
    keys.leads = false;
    delete root.dataset.leads;
    goTo(document.querySelector(`.sidebar [data-key="${CSS.escape(key.toLowerCase())}"]`));
  } else if (key === "g") {
    keys.leads = true;
    root.dataset.leads = "on";
    setTimeout(() => {
      keys.leads = false;
      delete root.dataset.leads;
    }, 1500);
  } else if (key === "/" && omnibox()) {
    omnibox().focus();
    omnibox().select();
  } else if (key === "?") {
    goTo(document.querySelector('#person a[href$="/keyboard/"]'));
  } else if (key === "[") {
    goTo(document.querySelector("a[data-before]") || document.querySelector('.pagination a[rel="prev"]'));
  } else if (key === "]") {
    goTo(document.querySelector("a[data-after]") || document.querySelector('.pagination a[rel="next"]'));
  }
};

document.addEventListener("keydown", (event) => {
  const box = omnibox();
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && box) {
    event.preventDefault();
    box.focus();
    box.select();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector(".floor")) return;
  readKey(event);
});

const readKey = (event) => {
  const box = omnibox();
  const now = event.timeStamp;
  const isMore = keys.scanned && now - keys.at < PAUSE;
  if (event.key === "Enter") {
    const text = keys.scanned;
    keys.scanned = "";
    if (!isMore || text.length < 3 || (now - keys.began) / text.length > FAST || !box) return;
    event.preventDefault();
    clearTimeout(keys.wait);
    box.value = text;
    box.form.requestSubmit();
    return;
  }
  if (event.key.length !== 1) return;
  if (event.key === "/") event.preventDefault();
  keys.gap = isMore ? now - keys.at : PAUSE;
  keys.began = isMore ? keys.began : now;
  keys.scanned = isMore ? keys.scanned + event.key : event.key;
  keys.at = now;
  clearTimeout(keys.wait);
  keys.wait = setTimeout(() => {
    if (keys.gap > HAND) oneLetter(event.key);
  }, 80);
};

/* What was typed before this script ran: into the field that the page begins with, else read as keys are. */
document.addEventListener("DOMContentLoaded", () => {
  document.documentElement.dataset.ready = "on";
  if (document.querySelector(".floor")) return;
  const first = document.querySelector("[autofocus]");
  if (first && document.activeElement === document.body) first.focus();
  const held = window.takeKeys();
  const field = document.activeElement;
  if (!isTyping(field)) {
    held.forEach((key) => readKey({ ...key, preventDefault: () => {} }));
    return;
  }
  held.forEach((key) => {
    if (key.key !== "Enter") field.value += key.key;
    else if (field.form) field.form.requestSubmit();
  });
});

/* What the search box offers: arrows choose, Enter opens, Escape closes. */
const offers = () => [...document.querySelectorAll("#offers [role=option]")];

const choose = (box, option) => {
  offers().forEach((other) => other.setAttribute("aria-selected", String(other === option)));
  box.setAttribute("aria-activedescendant", option ? option.id : "");
  if (option) option.scrollIntoView({ block: "nearest" });
};

const close = (box) => {
  document.getElementById("offers").replaceChildren();
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
};

document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (!box.matches || !box.matches(".omnibox input")) return;
  const all = offers();
  const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
    event.preventDefault();
    choose(box, event.key === "ArrowDown" ? all[now + 1] || all[0] : all[now - 1] || all[all.length - 1]);
  }
  if (event.key === "Enter" && now >= 0) {
    event.preventDefault();
    all[now].click();
  }
  if (event.key === "Escape" && document.getElementById("offers").childElementCount) {
    event.preventDefault();
    close(box);
  }
});

document.addEventListener("focusout", (event) => {
  const form = event.target.closest && event.target.closest(".omnibox");
  if (form && !form.contains(event.relatedTarget)) close(form.querySelector("input"));
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "offers") return;
  const box = omnibox();
  if (document.activeElement !== box) close(box);
  else box.setAttribute("aria-expanded", String(offers().length > 0));
});

/* A form is sent once; the bar says that it is on its way. */
const isAway = () => navigator.onLine === false;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (isAway()) {
    event.preventDefault();
    sayAway();
    return;
  }
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

/* The network. */
const sayAway = () => {
  const line = document.querySelector("[data-offline]");
  if (line) line.hidden = !isAway();
};
addEventListener("online", sayAway);
addEventListener("offline", sayAway);
sayAway();

document.addEventListener("htmx:sendError", () => {
  const line = document.querySelector("[data-offline]");
  if (line) line.hidden = false;
});
document.addEventListener("htmx:afterOnLoad", sayAway);

/* What went wrong is where the reader is: the first wrong field, else the refusal itself. */
const wrong = document.querySelector("main [aria-invalid=true]:not([readonly])");
const refusal = document.querySelector("#messages .banner-stop");
if (wrong && !document.querySelector(".floor")) {
  wrong.focus();
} else if (refusal) {
  refusal.tabIndex = -1;
  refusal.focus();
}
/* A form sent by htmx stays on the page: it may be sent again once it was answered. */
document.addEventListener("htmx:afterRequest", () => {
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

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
