/* Runs before the page is drawn: what is typed or scanned until the scripts of the page are ready is kept, in its order, and
   given to them. Nothing is kept once a person types into a field that was there already. */
"use strict";

(() => {
  const held = [];
  const isText = (element) => Boolean(element && element.matches && element.matches("input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea, select"));

  const hold = (event) => {
    const { key, code, ctrlKey, metaKey, altKey, shiftKey, timeStamp, target } = event;
    const isSeparator = ctrlKey && key === "]";
    if (event.isComposing || (!held.length && isText(target))) return;
    if (!isSeparator && (ctrlKey || metaKey || altKey || (key.length !== 1 && !(key === "Enter" && held.length)))) return;
    event.preventDefault();
    held.push({ key, code, ctrlKey, metaKey, altKey, shiftKey, timeStamp });
  };

  window.addEventListener("keydown", hold, true);
  window.addEventListener("load", () => window.takeKeys()); // a page where nobody reads them

  /* Whoever reads keys takes them over once, when every script of the page has run. */
  window.takeKeys = () => {
    window.removeEventListener("keydown", hold, true);
    return held.splice(0);
  };
})();
