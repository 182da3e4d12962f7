/* Scans, whatever has the focus: a gun types like a keyboard, only faster. Each whole scan becomes one "lotline:scan" event.

   Prefix first: what begins with an AIM prefix such as ]C1 is a scan. Timing second: three signs or more, 35 ms apart on
   average, ended by Enter, Tab, or silence from a gun that never ended one with a key. Fields marked data-scan="literal"
   (free text, counts) are left alone; any other field gets back what stood in it. Nothing is stripped: a sign that no
   label has is for the server to refuse. A gun that stumbles must not make a shorter code: what began in the box stays in it. */
"use strict";

(() => {
  const FAST = 35; // ms between the keys of a gun, on average
  const PAUSE = 150; // ms after which a key begins something new
  const PATIENT = 1500; // the same, once an AIM prefix came
  const QUIET = 200; // ms of silence that end a scan without Enter
  const SHORTEST = 3;
  const SHORTEST_WITHOUT_END = 4;
  const MOST_LINES = 200;
  const GS = "\x1d";
  const PREFIX = /^\][A-Za-z][0-9A-Za-z]/;

  let signs = [];
  let times = [];
  let before = null;
  let timer = 0;

  const scanBox = () => document.querySelector(".scan-box .input");
  const isLiteral = (element) => Boolean(element && element.closest && element.closest("[data-scan=literal], [type=password]"));
  const isText = (element) => Boolean(element && element.matches && element.matches("input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea"));

  const tell = (text, typed) => document.dispatchEvent(new CustomEvent("lotline:scan", { detail: { text, typed } }));

  /* Once a gun ended a scan with a key, it always does: silence is then a stumble, not an end. */
  const endsWithAKey = (now) => {
    if (now) sessionStorage.setItem("lotline:scans-end", "key");
    return sessionStorage.getItem("lotline:scans-end") === "key";
  };

  const forget = () => {
    clearTimeout(timer);
    signs = [];
    times = [];
    before = null;
  };

  /* The mean gap, with the end if there was one. */
  const isFast = (end) => {
    const all = end === undefined ? times : [...times, end];
    return all.length > 1 && (all[all.length - 1] - all[0]) / (all.length - 1) <= FAST;
  };

  const isScan = (least, end) => {
    const text = signs.join("");
    return text.length >= least && (PREFIX.test(text) || isFast(end));
  };

  const finish = () => {
    const text = signs.join("");
    const { field, value, isBox } = before || {};
    const box = scanBox();
    forget();
    if (isBox && value && !PREFIX.test(text)) {
      // Something stood in the box before: the two are one code, and a person is told how it was read.
      const whole = box.value;
      box.value = "";
      tell(whole, true);
      return;
    }
    if (isBox) box.value = "";
    else if (field && field.isConnected && (isText(field) || field.matches("select"))) field.value = value;
    tell(text, false);
  };

  const remember = (sign, at) => {
    const pause = signs[0] === "]" ? PATIENT : PAUSE;
    if (!signs.length || at - times[times.length - 1] > pause) {
      forget();
      const field = document.activeElement;
      before = { field, value: field && "value" in field ? field.value : "", isBox: field === scanBox() };
    }
    signs.push(sign);
    times.push(at);
    listen();
  };

  /* For silence, which may end it. */
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!endsWithAKey() && isScan(SHORTEST_WITHOUT_END)) finish();
      else if (!isText(document.activeElement)) forget();
    }, QUIET);
  };

  const read = (event) => {
    if (!scanBox() || event.isComposing || isLiteral(event.target)) return;
    const at = event.timeStamp;
    const inside = signs.length > 0 && at - times[times.length - 1] <= FAST * 2;
    const isControl = event.ctrlKey && !event.altKey && !event.metaKey;
    if (isControl && event.key === "]") {
      // The separator, as most guns send it.
      event.preventDefault();
      remember(GS, at);
    } else if (isControl && inside && signs.length > 1 && event.key.length === 1) {
      // A gun that sends control signs must not press our shortcuts: the sign goes to the server, which refuses it.
      event.preventDefault();
      event.stopPropagation();
      remember(String.fromCharCode(event.key.toUpperCase().charCodeAt(0) & 31), at);
    } else if (event.key === "Enter" || event.key === "Tab") {
      if (signs.length && at - times[times.length - 1] <= (signs[0] === "]" ? PATIENT : PAUSE) && isScan(SHORTEST, at)) {
        event.preventDefault();
        event.stopPropagation();
        endsWithAKey(true);
        finish();
      } else {
        forget();
      }
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      // A button must not be pressed by the blank in a code.
      if (inside && !isText(event.target)) event.preventDefault();
      remember(event.key, at);
    } else if (/^F[0-9]/.test(event.key) && inside) {
      event.preventDefault();
      if (event.key === "F8") remember(GS, at);
    }
  };

  /* What was scanned or typed before this page was ready comes first; what has no end yet stands in the box, and goes on there. */
  document.addEventListener("DOMContentLoaded", () => {
    const held = window.takeKeys();
    window.addEventListener("keydown", read, true);
    held.forEach(({ key, ctrlKey, timeStamp }) => {
      if (key !== "Enter") {
        signs.push(ctrlKey ? GS : key);
        times.push(timeStamp);
        return;
      }
      const text = signs.join("");
      if (text.trim()) tell(text, !isScan(SHORTEST, timeStamp));
      forget();
    });
    const box = scanBox();
    if (!signs.length || !box) return;
    box.value = signs.filter((sign) => sign !== GS).join("");
    before = { field: box, value: "", isBox: true };
    listen();
  });

  /* Guns that write straight into the field, as on Android: the whole text at once, without keys. */
  document.addEventListener("input", (event) => {
    if (event.target !== scanBox() || event.inputType !== "insertText" || signs.length) return;
    if ((event.data || "").length < SHORTEST) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const box = scanBox();
      const text = box ? box.value : "";
      if (!text) return;
      box.value = "";
      tell(text, false);
    }, QUIET);
  });

  /* A pasted list is as many codes as it has lines; a pasted line waits for Enter. */
  document.addEventListener("paste", (event) => {
    if (!scanBox() || isLiteral(event.target) || (isText(event.target) && event.target !== scanBox())) return;
    const lines = event.clipboardData.getData("text").split(/\r\n|\r|\n/).filter((line) => line.trim());
    if (lines.length < 2) return;
    event.preventDefault();
    lines.slice(0, MOST_LINES).forEach((line) => tell(line, true));
  });

  /* Typed by hand, and Enter. */
  document.addEventListener(
    "submit",
    (event) => {
      const box = scanBox();
      if (!box || event.target !== box.form || event.target.method !== "post") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const text = box.value;
      box.value = "";
      forget();
      if (text.trim()) tell(text, true);
    },
    true,
  );
})();
