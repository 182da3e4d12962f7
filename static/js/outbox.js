/* Scans of a delivery that cannot be sent are kept on this device: at most 200, or for two hours, in their order, each under a
   key of its own, so that none is lost and none is taken twice. What the server then asks about stands in its Exceptions.
   The texts are encrypted with a key that never leaves this browser. */
"use strict";

(() => {
  const MOST = 200;
  const LONGEST = 2 * 60 * 60 * 1000;
  const AGAIN = 5000;
  let isDraining = false;
  let needsLogIn = false;

  const open = () =>
    new Promise((resolve, reject) => {
      const asked = indexedDB.open("lotline-outbox", 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("entries", { keyPath: "n", autoIncrement: true });
        asked.result.createObjectStore("keys");
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });

  const act = async (name, mode, doing) => {
    const base = await open();
    try {
      return await new Promise((resolve, reject) => {
        const deal = base.transaction(name, mode);
        const asked = doing(deal.objectStore(name));
        deal.oncomplete = () => resolve(asked && asked.result);
        deal.onerror = deal.onabort = () => reject(deal.error);
      });
    } finally {
      base.close();
    }
  };

  /* A key of this browser, if the page is served so that it may have one (https, or this machine). Made once: where another
     page was quicker, its key stands, for what it sealed must be read again. */
  let deviceKey = null;
  const ownKey = () => {
    deviceKey = deviceKey || findKey().catch((error) => {
      deviceKey = null;
      throw error;
    });
    return deviceKey;
  };
  const findKey = async () => {
    if (!crypto.subtle) return null;
    const known = await act("keys", "readonly", (store) => store.get("device"));
    if (known) return known;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await act("keys", "readwrite", (store) => store.add(made, "device")).catch(() => {});
    return act("keys", "readonly", (store) => store.get("device"));
  };

  const hide = async (text) => {
    const key = await ownKey();
    if (!key) return { text };
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text));
    return { iv, sealed };
  };

  /* What was scanned; null where this browser lost the key to it. */
  const reveal = async (entry) => {
    if (entry.text !== undefined) return entry.text;
    try {
      return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: entry.iv }, await ownKey(), entry.sealed));
    } catch (error) {
      return null;
    }
  };

  const all = () => act("entries", "readonly", (store) => store.getAll());

  /* What is kept, counted here so that a scan can be answered at once. */
  let kept = [];
  let adding = Promise.resolve();

  const isFull = () => kept.length >= MOST || (kept.length > 0 && Date.now() - kept[0].at > LONGEST);

  const draw = async () => {
    const panel = document.getElementById("outbox");
    if (!panel) return;
    panel.hidden = kept.length === 0;
    panel.querySelector("[data-outbox-count]").textContent = `${kept.length} of ${MOST}; sent in this order when the connection is back.`;
    const list = panel.querySelector("[data-outbox-list]");
    const texts = await Promise.all(kept.slice(-8).map(reveal));
    list.replaceChildren(
      ...texts.map((text) => {
        const row = document.createElement("li");
        row.className = "line-card";
        const code = document.createElement("span");
        code.className = "lot-code";
        code.textContent = text === null ? "cannot be read on this device" : text.replaceAll("\x1d", "<GS>");
        row.append(code);
        return row;
      }),
    );
  };

  const say = (tone, title, text, code) => {
    const place = document.getElementById("messages");
    if (!place) return;
    const banner = document.createElement("div");
    banner.className = `banner banner-${tone}`;
    banner.setAttribute("role", tone === "stop" ? "alert" : "status");
    const head = document.createElement("p");
    head.className = "banner-title";
    head.textContent = title;
    const body = document.createElement("p");
    body.textContent = `${text} `;
    const mark = document.createElement("span");
    mark.className = "banner-code";
    mark.textContent = code;
    body.append(mark);
    banner.append(head, body);
    place.dataset.tone = tone;
    place.replaceChildren(banner);
    window.lotline.sound(tone);
  };

  const entries = (count) => `${count} ${count === 1 ? "entry is" : "entries are"}`;

  const told = () => {
    if (needsLogIn) say("ask", "Log in again.", `${entries(kept.length)} kept on this device and will be sent after it.`, "N03");
    else say("info", "No connection.", `${entries(kept.length)} kept on this device and will be sent. Posting is paused.`, "N01");
  };

  /* A scan that could not be sent, or must wait behind one that could not. */
  document.addEventListener("lotline:unsent", (event) => {
    const form = document.querySelector(".scan-box[data-keep]");
    const scan = event.detail;
    if (!form || (scan.asking && !kept.length && window.lotline.isOnline())) return;
    event.preventDefault();
    window.lotline.setOnline(false);
    if (isFull()) {
      say("stop", "No more can be kept.", `${entries(kept.length)} kept on this device. Wait for the connection, then scan this one again.`, "N02");
      return;
    }
    const entry = { url: form.action, key: scan.key, typed: scan.typed, at: scan.at, text: scan.text };
    kept.push(entry);
    adding = adding.then(async () => {
      const { text, ...rest } = entry;
      const sealed = await hide(text);
      entry.n = await act("entries", "readwrite", (store) => store.add({ ...rest, ...sealed }));
      await draw();
      told();
    });
  });

  const forget = async (entry) => {
    kept.shift();
    await act("entries", "readwrite", (store) => store.delete(entry.n));
    await draw();
  };

  const drain = async () => {
    if (isDraining || !kept.length) return;
    isDraining = true;
    try {
      await adding;
      while (kept.length) {
        const entry = kept[0];
        const text = await reveal(entry);
        if (text === null) {
          // Said, never dropped in silence: the pallet is still there to be scanned.
          await forget(entry);
          say("stop", "A kept scan cannot be read any more.", `It was scanned at ${new Date(entry.at).toLocaleTimeString()}. Look which lot is missing below, and scan it again.`, "N04");
          continue;
        }
        const body = new FormData();
        body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
        body.set("code", text);
        body.set("typed", entry.typed ? "yes" : "");
        body.set("scan_key", entry.key);
        body.set("scanned_at", String(entry.at));
        let response;
        try {
          response = await fetch(entry.url, { method: "POST", body, headers: { "X-Floor": "1" }, credentials: "same-origin" });
        } catch (error) {
          window.lotline.setOnline(false);
          return;
        }
        if (response.status === 401 || response.status === 403 || new URL(response.url).pathname.startsWith("/login")) {
          needsLogIn = true;
          told();
          return;
        }
        if (response.status >= 500) return;
        needsLogIn = false;
        await forget(entry);
        window.lotline.setOnline(true);
        if (!kept.length && new URL(entry.url).pathname === new URL(document.querySelector(".scan-box").action).pathname) await window.lotline.show(response);
        await draw();
      }
    } finally {
      isDraining = false;
    }
  };

  document.addEventListener("lotline:online", drain);
  document.addEventListener("lotline:shown", draw);
  setInterval(drain, AGAIN);

  all()
    .then((found) => {
      kept = [...found, ...kept];
      return draw();
    })
    .then(drain)
    .catch(() => {});
})();
