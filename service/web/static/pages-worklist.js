// Keys of the worklist, while the focus is in the list (WCAG 2.1.4); without them everything is reached as on any page.
//   j, k: the next row, the one before;  Enter: opens it;  /: the search;  c: claims it;  s: puts it off
"use strict";

(() => {
  const rows = () => [...document.querySelectorAll("table[data-keys] tbody tr")].filter((row) => row.querySelector("a[href^='/p/']"));
  const current = () => document.activeElement.closest?.("table[data-keys] tbody tr");

  function move(by) {
    const all = rows();
    const at = all.indexOf(current());
    const to = all[Math.max(0, Math.min(all.length - 1, at + by))] || all[0];
    to?.querySelector("a").focus();
  }

  function press(key) {
    const wanted = current()?.querySelector(`[data-key="${key}"]`);
    if (!wanted) return;
    wanted.click();
    if (key === "s") wanted.parentElement.querySelector("input[type=date]")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select, textarea")) return;
    if (!event.target.closest("table[data-keys]")) return;
    const deeds = { j: () => move(1), k: () => move(-1), c: () => press("c"), s: () => press("s"),
      "/": () => document.getElementById("search")?.focus() };
    if (!(event.key in deeds)) return;
    event.preventDefault();
    deeds[event.key]();
  });
})();
