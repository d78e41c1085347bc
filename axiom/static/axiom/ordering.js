"use strict";

// A list of boxes whose ticked rows have an order: dragged by their dots, or moved by arrow keys.

const rowsOf = (list) => findAll(":scope > li", list);
const isTicked = (row) => find('input[type="checkbox"]', row).checked;
const tickedRows = (list) => rowsOf(list).filter(isTicked);
const nameOf = (row) => find('input[type="checkbox"]', row).value;

function tellPlace(row) {
  const list = row.closest("[data-ordered]");
  const rows = tickedRows(list);
  const at = rows.indexOf(row) + 1;
  const told = find("[data-order-told]", list.closest("form"));
  told.textContent = `${nameOf(row)} is ${at} of ${rows.length}${at === 1 ? ", the default" : ""}.`;
}

function hasMoved(row) {
  tellPlace(row);
  row.dispatchEvent(new Event("change", { bubbles: true }));
}

// One key press is one place among the ticked rows, however many others lie between.
on("keydown", "[data-grip]", (grip, e) => {
  const row = grip.closest("li");
  const rows = tickedRows(row.parentElement);
  const at = rows.indexOf(row);
  const wanted = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[e.key];
  if (wanted === undefined) return;
  e.preventDefault();
  const other = rows[wanted];
  if (!other || other === row) return tellPlace(row);
  if (wanted < at) other.before(row);
  else other.after(row);
  grip.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  hasMoved(row);
});

let dragged = null;

on("pointerdown", "[data-grip]", (grip, e) => {
  if (e.button !== 0) return;
  e.preventDefault(); // neither a selection of text nor a scroll
  grip.focus({ preventScroll: true });
  const row = grip.closest("li");
  dragged = { row, from: row.nextElementSibling };
  row.classList.add("is-dragged");
});

document.addEventListener("pointermove", (e) => {
  if (!dragged) return;
  const { row } = dragged;
  const list = row.parentElement;
  scrollAlong(list.closest(".ax-checklist"), e.clientY);
  const others = rowsOf(list).filter((other) => other !== row && !other.hidden);
  const below = others.find((other) => {
    const { top, height } = other.getBoundingClientRect();
    return e.clientY < top + height / 2;
  });
  if (below) {
    if (below !== row.nextElementSibling) below.before(row);
  } else if (list.lastElementChild !== row) list.append(row);
});

function scrollAlong(box, y) {
  const { top, bottom } = box.getBoundingClientRect();
  const edge = 28;
  if (y < top + edge) box.scrollTop -= 8;
  if (y > bottom - edge) box.scrollTop += 8;
}

function drop() {
  if (!dragged) return;
  const { row, from } = dragged;
  dragged = null;
  row.classList.remove("is-dragged");
  find("[data-grip]", row).focus({ preventScroll: true });
  if (row.nextElementSibling !== from) hasMoved(row);
}

document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);
