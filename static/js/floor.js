/* The shop floor: the scan box keeps the focus, the keyboard comes on demand, and a lost network is said. */
"use strict";

const scanBox = document.querySelector(".scan-box .input");
const invalid = document.querySelector("main .input[aria-invalid=true]:not([readonly])");
if (invalid) {
  invalid.focus();
} else if (scanBox && !document.querySelector("main [autofocus]")) {
  scanBox.focus();
}

/* Touch devices: no soft keyboard until it is asked for. */
document.querySelectorAll("[data-keyboard]").forEach((button) => {
  const box = document.getElementById(button.dataset.keyboard);
  button.hidden = false;
  if (matchMedia("(pointer: coarse)").matches) box.inputMode = "none";
  button.addEventListener("click", () => {
    box.inputMode = box.inputMode === "none" ? "text" : "none";
    box.blur();
    box.focus();
  });
});

/* Enter in a reading goes on to the next empty one; in the last it saves. */
document.querySelectorAll("[data-readings]").forEach((form) => {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches(".reading input") || event.target.value === "") return;
    const empty = [...form.querySelectorAll(".reading input:not([readonly])")].filter((field) => field.value === "" && field.offsetParent);
    const after = empty.find((field) => event.target.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING);
    const within = event.target.closest(".characteristic").contains(after || null);
    if (after && within) {
      event.preventDefault();
      after.focus();
    }
  });
});

const online = document.querySelector("[data-online]");
if (online) {
  const say = () => {
    online.hidden = false;
    online.lastElementChild.textContent = navigator.onLine ? "Online" : "No connection: nothing can be sent";
    online.classList.toggle("result-fail", !navigator.onLine);
  };
  addEventListener("online", say);
  addEventListener("offline", say);
  say();
}
