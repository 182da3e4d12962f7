/* The shop floor: scans are sent one after the other and none is lost, the page changes in place, the focus goes back to
   the scan box, the answer can be heard and felt, and a lost network is said. */
"use strict";

(() => {
  const TIMEOUT = 4000; // then it says "sending", and goes on waiting
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const own = (form) => form.method === "post" && form.closest(".floor main, .decide-bar") && !("plain" in form.dataset);

  /* Sound and vibration: ok is one high tone, ask two middle ones, stop three low ones. */

  const TONES = { ok: [880], info: [880], ask: [587, 587], stop: [220, 220, 220] };
  const BUZZ = { ok: [40], info: [40], ask: [60, 80, 60], stop: [120, 60, 120, 60, 120] };
  let audio = null;
  const wantsSound = () => localStorage.getItem("lotline:sound") !== "off";

  const sound = (tone) => {
    if (!wantsSound() || !TONES[tone]) return;
    if (navigator.vibrate && navigator.userActivation && navigator.userActivation.hasBeenActive) navigator.vibrate(BUZZ[tone]);
    if (!window.AudioContext) return;
    audio = audio || new AudioContext();
    if (audio.state === "suspended") audio.resume().catch(() => {});
    TONES[tone].forEach((pitch, n) => {
      const from = audio.currentTime + n * 0.16;
      const voice = audio.createOscillator();
      const volume = audio.createGain();
      voice.type = tone === "stop" ? "square" : "sine";
      voice.frequency.value = pitch;
      volume.gain.setValueAtTime(tone === "stop" ? 0.12 : 0.2, from);
      volume.gain.exponentialRampToValueAtTime(0.001, from + 0.14);
      voice.connect(volume).connect(audio.destination);
      voice.start(from);
      voice.stop(from + 0.15);
    });
  };

  const showSound = () => {
    $$("[data-sound]").forEach((button) => {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(wantsSound()));
      $$("[data-when]", button).forEach((icon) => { icon.hidden = (icon.dataset.when === "on") !== wantsSound(); });
    });
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-sound]")) return;
    localStorage.setItem("lotline:sound", wantsSound() ? "off" : "on");
    showSound();
    sound("ok");
    focus();
  });

  /* What a page needs when it is new, or new in part. */

  const focus = () => {
    const field = $("main [aria-invalid=true]:not([readonly]):not([type=hidden])") || $("main [data-focus]") || $(".scan-box .input");
    if (!field) return;
    // Only as far as needed: the question above the field stays in sight.
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "nearest" });
    if (field.matches("[data-focus]") && field.select) field.select();
  };

  const prepare = () => {
    const isTouch = matchMedia("(pointer: coarse)").matches;
    $$("[data-keyboard]").forEach((button) => {
      button.hidden = false;
      // Touch devices: no soft keyboard until it is asked for.
      if (isTouch) document.getElementById(button.dataset.keyboard).inputMode = "none";
    });
    $$("[data-needs-script]").forEach((button) => { button.hidden = false; });
    showSound();
    showOnline();
    focus();
    document.dispatchEvent(new CustomEvent("lotline:shown"));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keyboard]");
    if (!button) return;
    const box = document.getElementById(button.dataset.keyboard);
    box.inputMode = box.inputMode === "none" ? "text" : "none";
    box.blur();
    box.focus();
  });

  /* Enter goes on to the next empty field of the lot in hand; in the last one it is done. */
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest && event.target.closest("[data-steps]");
    if (event.key !== "Enter" || !form || !event.target.matches("[data-step]")) return;
    const open = $$("[data-step]", form).filter((field) => field.value === "" && field.offsetParent);
    const next = open.find((field) => event.target.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (next && next !== event.target) {
      event.preventDefault();
      next.focus();
    }
  });

  /* Enter in a reading goes on to the next empty one; in the last it saves. */
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest && event.target.closest("[data-readings]");
    if (event.key !== "Enter" || !form || !event.target.matches(".reading input") || event.target.value === "") return;
    const empty = $$(".reading input:not([readonly])", form).filter((field) => field.value === "" && field.offsetParent);
    const next = empty.find((field) => event.target.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (next && event.target.closest(".characteristic").contains(next)) {
      event.preventDefault();
      next.focus();
    }
  });

  /* A touch on pass or fail is the result: it is saved at once, unless a reading, a name or a reason is still to be typed beside it. */
  document.addEventListener("change", (event) => {
    const form = event.target.closest && event.target.closest("[data-readings]");
    if (!form || !event.target.matches("input[type=radio][name^='p-'], input[type=radio][name^='t-']")) return;
    const beside = $$(".reading input:not([readonly]), input[type=text], input:not([type])", event.target.closest(".characteristic"));
    if (beside.every((field) => field.value !== "" || !field.offsetParent)) form.requestSubmit();
  });

  /* Sending. One at a time, in order; what came meanwhile waits its turn. */

  const waiting = [];
  let isSending = false;

  const newKey = () => (crypto.randomUUID ? crypto.randomUUID().replaceAll("-", "") : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));

  const request = async (form, body) => {
    const slow = setTimeout(() => say("Sending …"), TIMEOUT);
    try {
      return await fetch(form.action || location.href, { method: "POST", body, headers: { "X-Floor": "1" }, credentials: "same-origin" });
    } finally {
      clearTimeout(slow);
      say("");
    }
  };

  const say = (text) => {
    const place = $("[data-sending]");
    if (place) place.textContent = text;
  };

  /* The same page, drawn anew by the server: its content takes the place of ours. */
  const show = async (response) => {
    const text = await response.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    const main = $("main", page);
    if (!main || !page.querySelector(".floor")) {
      location.assign(response.url);
      return;
    }
    const unfinished = ($(".scan-box .input") || {}).value; // typed or scanned while we waited
    const open = new Set($$("main details[open][data-stays]").map((details) => details.id));
    $("main").replaceWith(document.adoptNode(main));
    const bar = $(".decide-bar", page);
    const ours = $(".decide-bar");
    if (ours) ours.remove();
    if (bar) $(".floor").append(document.adoptNode(bar));
    open.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
    if (unfinished && $(".scan-box .input")) $(".scan-box .input").value = unfinished;
    if (page.title) document.title = page.title;
    const address = response.headers.get("X-Page-Address") || (response.redirected ? response.url : "");
    if (address) history.replaceState(null, "", address);
    if (window.htmx) window.htmx.process($("main"));
    prepare();
    const told = $("#messages");
    sound((told && told.dataset.tone) || "ok");
  };

  const pump = async () => {
    if (isSending) return;
    isSending = true;
    try {
      while (waiting.length) await waiting.shift()();
    } finally {
      isSending = false;
    }
  };

  const later = (act) => {
    waiting.push(act);
    pump();
  };

  /* Whoever keeps what cannot be sent (the outbox of receiving) says so by answering true. */
  const keep = (entry) => {
    const asked = new CustomEvent("lotline:unsent", { detail: entry, cancelable: true });
    return !document.dispatchEvent(asked);
  };

  const lost = (what) => {
    setOnline(false);
    say("");
    const place = $("#messages");
    if (!place) return;
    const paused = $(".floor").dataset.paused || "Nothing";
    place.dataset.tone = "stop";
    place.innerHTML = "";
    const banner = document.createElement("div");
    banner.className = "banner banner-stop";
    banner.setAttribute("role", "alert");
    banner.innerHTML = '<p class="banner-title"><span class="banner-code">N01</span></p><p></p>';
    banner.firstChild.append("No connection.");
    banner.lastChild.textContent = `${what} was not sent. ${paused} is paused. Do it again when the connection is back.`;
    place.append(banner);
    sound("stop");
  };

  const sendScan = (scan) => async () => {
    const form = $(".scan-box");
    if (!form) return;
    const body = new FormData(form);
    body.set($(".input", form).name, scan.text);
    body.set("typed", scan.typed ? "yes" : "");
    body.set("scan_key", scan.key);
    if (keep({ ...scan, asking: true })) return;
    try {
      await show(await request(form, body));
      setOnline(true);
    } catch (error) {
      if (!keep(scan)) lost("The scan");
    }
  };

  document.addEventListener("lotline:scan", (event) => {
    if ($(".scan-box")) later(sendScan({ ...event.detail, key: newKey(), at: Date.now() }));
  });

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (event.defaultPrevented || !own(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const body = new FormData(form, event.submitter || undefined);
      later(async () => {
        try {
          await show(await request(form, body));
          setOnline(true);
        } catch (error) {
          lost("What you entered");
        }
      });
    },
    true,
  );

  /* The network. */

  let isOnline = navigator.onLine;
  const setOnline = (now) => {
    if (now === isOnline) return;
    isOnline = now;
    showOnline();
    document.dispatchEvent(new CustomEvent(now ? "lotline:online" : "lotline:offline"));
  };
  const showOnline = () => {
    $$("[data-online]").forEach((place) => {
      place.hidden = false;
      $("[data-word]", place).textContent = isOnline ? "Online" : "No connection";
      $$("[data-when]", place).forEach((icon) => { icon.hidden = (icon.dataset.when === "on") !== isOnline; });
      place.classList.toggle("result-fail", !isOnline);
    });
    $$("[data-needs-network]").forEach((button) => { button.disabled = !isOnline; });
  };
  addEventListener("online", () => setOnline(true));
  addEventListener("offline", () => setOnline(false));

  window.lotline = { later, request, show, setOnline, sound, newKey, isOnline: () => isOnline };
  // After scans.js took over what was scanned meanwhile.
  document.addEventListener("DOMContentLoaded", prepare);
})();
