/* Scanning with the camera where there is no gun. The reader (zxing, 0.4 MB) is fetched when the button is touched, from this server. */
"use strict";

(() => {
  const button = document.currentScript.dataset;
  const SAME = 2500; // ms in which the same symbol is one scan
  let reader = null;
  let stream = null;
  let last = { text: "", at: 0 };

  const load = () =>
    reader ||
    (reader = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = button.reader;
      script.onload = () => {
        window.ZXingWASM.prepareZXingModule({ overrides: { locateFile: (path, prefix) => (path.endsWith(".wasm") ? button.wasm : prefix + path) } });
        resolve(window.ZXingWASM);
      };
      script.onerror = reject;
      document.head.append(script);
    }));

  /* As a gun would send it: with its prefix, and the separators as they are. */
  const sent = (symbol) => `${symbol.symbologyIdentifier || ""}${new TextDecoder("latin1").decode(symbol.bytes)}`.replace(/^(\][A-Za-z][0-9A-Za-z])\x1d/, "$1");

  const stop = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    const panel = document.querySelector(".camera");
    if (panel) panel.remove();
  };

  const look = async (video, canvas, zxing) => {
    while (stream && video.isConnected) {
      if (video.videoWidth) {
        canvas.width = video.videoWidth;
        canvas.height = video.videoHeight;
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(video, 0, 0);
        const found = await zxing.readBarcodes(pen.getImageData(0, 0, canvas.width, canvas.height), { maxNumberOfSymbols: 1, tryHarder: true });
        const symbol = found.find((one) => one.isValid);
        const text = symbol ? sent(symbol) : "";
        if (text && (text !== last.text || Date.now() - last.at > SAME)) {
          document.dispatchEvent(new CustomEvent("lotline:scan", { detail: { text, typed: false } }));
        }
        if (text) last = { text, at: Date.now() };
      }
      await new Promise((next) => setTimeout(next, 120));
    }
  };

  const start = async () => {
    if (stream) {
      stop();
      return;
    }
    const panel = document.createElement("div");
    panel.className = "camera";
    const video = document.createElement("video");
    video.playsInline = true;
    video.muted = true;
    video.setAttribute("aria-label", "Picture of the camera");
    panel.append(video);
    document.querySelector(".scan-box").append(panel);
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
      video.srcObject = stream;
      await video.play();
      look(video, document.createElement("canvas"), await load());
    } catch (error) {
      stop();
      const place = document.getElementById("messages");
      const banner = document.createElement("div");
      banner.className = "banner banner-ask";
      banner.setAttribute("role", "status");
      const title = document.createElement("p");
      title.className = "banner-title";
      title.textContent = "The camera cannot be used.";
      const more = document.createElement("p");
      more.textContent = "Allow it in the browser, or type the code.";
      banner.append(title, more);
      place.replaceChildren(banner);
    }
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-camera]")) start();
  });

  /* Only where a camera may be asked for: over https, or on this machine. The picture moves to the page that was drawn anew. */
  const offer = () => {
    const possible = Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.WebAssembly);
    document.querySelectorAll("[data-camera]").forEach((one) => { one.hidden = !possible; });
    const panel = document.querySelector(".camera");
    if (stream && !panel) stop();
  };
  document.addEventListener("lotline:shown", offer);
  offer();
})();
