// Chasing by keyboard. Without it every button and link of the page does the same.
"use strict";

(() => {
  const SWITCH = "outreach.chase.keys";
  const dialog = document.getElementById("keys");
  const opener = document.getElementById("show-keys");
  const said = document.getElementById("chase-said");
  if (!dialog || !opener) return;

  const cases = () => [...document.querySelectorAll("tr[data-case]")];
  const here = () => document.querySelector("tr[data-case].here");

  function mark(row) {
    for (const one of cases()) one.classList.toggle("here", one === row);
  }

  function go(row) {
    if (!row) return;
    mark(row);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = cases();
    const at = all.indexOf(here());
    go(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  function press(key) {
    const button = here()?.querySelector(`button[data-key="${key}"]`);
    if (button) button.click();
  }

  function write(key) {
    const field = here()?.querySelector(`:is(textarea, input)[data-key="${key}"]`);
    if (!field) return;
    field.closest("details").open = true;
    field.focus();
  }

  function close() {
    const open = document.querySelector("details.more[open]");
    if (!open) return;
    open.open = false;
    go(open.closest("tr[data-case]"));
  }

  const acts = {
    j: () => step(1),
    k: () => step(-1),
    r: () => press("r"),
    c: () => press("c"),
    o: () => press("o"),
    n: () => write("n"),
    p: () => write("p"),
    "?": () => dialog.showModal(),
  };

  const remembered = () => {
    try {
      return window.localStorage.getItem(SWITCH) !== "off";
    } catch {
      return true;
    }
  };
  const toggle = document.getElementById("keys-on");
  toggle.checked = remembered();
  toggle.addEventListener("change", () => {
    try {
      window.localStorage.setItem(SWITCH, toggle.checked ? "on" : "off");
    } catch {
      // A browser that keeps nothing: then it holds for this page.
    }
  });

  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.key === "Escape") return close();
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const act = acts[event.key];
    if (typing || !act || !toggle.checked) return;
    event.preventDefault();
    act();
  });

  // Of the open menus there is one: that of the row at hand.
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.more") || !menu.open) return;
    for (const other of document.querySelectorAll("details.more[open]")) {
      if (other !== menu) other.open = false;
    }
    mark(menu.closest("tr[data-case]"));
  }, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("details.more")) {
      for (const open of document.querySelectorAll("details.more[open]")) open.open = false;
    }
  });

  // A row that was shown anew keeps its place at hand, and says what was done.
  function returned(id) {
    const row = document.getElementById(id);
    if (!row?.matches("tr[data-case]")) return;
    // Who has begun to write in it meanwhile goes on.
    if (row.contains(document.activeElement)) mark(row);
    else go(row);
    if (said && row.dataset.said) said.textContent = row.dataset.said;
  }
  document.body.addEventListener("htmx:load", (event) => {
    const row = event.detail.elt;
    if (row.matches?.("tr[data-case]")) returned(row.id);
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful || !said) return;
    said.textContent = "That did not work. Load the page again and try once more.";
  });

  const first = window.location.hash.slice(1);
  if (first) returned(first);
})();
