// Small conveniences of the desk's pages; each page works without them.
"use strict";

(() => {
  // The zone that this browser is in, where none was chosen yet.
  const zone = document.querySelector("select#zone");
  if (zone && zone.value === "UTC") {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ([...zone.options].some((one) => one.value === here)) zone.value = here;
  }
})();
