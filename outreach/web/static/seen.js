// Tells the coordinator once that a person is at this page: they pressed a key, scrolled, or
// touched something. What only opens the page, as mail scanners do, does none of that.
"use strict";

(() => {
  const { seen, token } = document.currentScript.dataset;
  const signs = ["pointerdown", "keydown", "wheel", "touchmove"];
  const options = { capture: true, passive: true };

  const report = (event) => {
    if (!event.isTrusted) return;
    for (const sign of signs) removeEventListener(sign, report, options);
    const body = new URLSearchParams({ form_token: token });
    fetch(seen, { method: "POST", body, credentials: "same-origin", keepalive: true }).catch(() => {});
  };
  for (const sign of signs) addEventListener(sign, report, options);
})();
