/* The sheet is printed by the browser. */
"use strict";

document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
