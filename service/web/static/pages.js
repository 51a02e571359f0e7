// What makes the pages quicker; without it they do the same. No framework, and nothing from elsewhere.
// Markup asks for it by attributes:
//   data-keys          on a table: the arrow keys move from row to row while one of its links has the focus
//   data-dialog="id"   on a button: opens the <dialog> of that id;  data-close within it closes it
//   data-say           on a notice: is read out once the page is there
//   data-copy="text"   on a button (hidden until now): copies the text, and says so by data-copied
"use strict";

(() => {
  const rowOf = (element) => element.closest("tbody tr");
  const firstIn = (row) => row.querySelector("a[href], button, input, select");

  function step(event, row) {
    const rows = [...row.parentElement.children].filter(firstIn);
    const at = rows.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || rows[to] === undefined) return;
    event.preventDefault();
    firstIn(rows[to]).focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.matches("input, select, textarea") || !event.target.closest("table[data-keys]")) return;
    const row = rowOf(event.target);
    if (row) step(event, row);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-dialog], [data-close], [data-copy]");
    if (!button) return;
    if (button.dataset.dialog) document.getElementById(button.dataset.dialog).showModal();
    else if ("close" in button.dataset) button.closest("dialog").close();
    else navigator.clipboard.writeText(button.dataset.copy).then(() => say(button.dataset.copied || ""));
  });

  function say(text) {
    const place = document.getElementById("said");
    if (place) place.textContent = text;
  }

  for (const each of document.querySelectorAll("[data-copy][hidden], [data-dialog][hidden]")) each.hidden = false;
  // What a form did is read out: a live region that is there from the beginning says nothing by itself.
  const told = document.querySelector("[data-say]");
  if (told) setTimeout(() => say(told.textContent.trim()), 200);
  // Who comes back to a row has the focus there.
  const row = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (row && row.matches("tr[tabindex]")) row.focus();
  // After a form was refused, its first mistake has the focus.
  document.querySelector("[aria-invalid=true]")?.focus();
})();
