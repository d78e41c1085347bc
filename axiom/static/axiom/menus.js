"use strict";

// Menus: the browser's popovers, placed beside their button and moved through by arrow keys. It uses
// axiom.js's small words (find, findAll, on).

const openers = new WeakMap(); // of a menu that several buttons open, the id of the last one

function openerOf(menu) {
  const last = document.getElementById(openers.get(menu));
  return last ?? find(`[popovertarget="${CSS.escape(menu.id)}"]`);
}

function noteOpener(button) {
  openers.set(document.getElementById(button.getAttribute("popovertarget")), button.id);
}

addEventListener("click", (e) => {
  const button = e.target instanceof Element && e.target.closest("[popovertarget]");
  if (button) noteOpener(button);
}, true);

const itemsOf = (menu) => findAll('[role^="menuitem"]', menu).filter((item) => item.offsetParent !== null);

function place(menu) {
  const button = openerOf(menu).getBoundingClientRect();
  menu.style.left = "0"; // near the right edge it would be measured narrower than it wants to be
  const { offsetWidth: width, offsetHeight: height } = menu;
  const room = 8;
  const isLeft = menu.closest(`#${SIDEBAR}`) !== null;
  const left = isLeft ? button.left : button.right - width;
  const below = button.bottom + 4;
  const top = below + height + room > innerHeight ? button.top - height - 4 : below;
  if (isLeft) menu.style.minWidth = `${button.width}px`;
  menu.style.left = `${Math.max(room, Math.min(left, innerWidth - width - room))}px`;
  menu.style.top = `${Math.max(room, top)}px`;
}

document.addEventListener(
  "toggle",
  (e) => {
    const menu = e.target;
    if (!(menu instanceof HTMLElement) || !menu.matches(".ax-menu")) return;
    const isOpen = e.newState === "open";
    openerOf(menu)?.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) enter(menu);
  },
  true,
);

function enter(menu) {
  place(menu);
  if (menu.contains(document.activeElement)) return; // opened again, where it was
  const first = find('[type="search"]', menu) ?? find('[aria-checked="true"]', menu) ?? itemsOf(menu)[0];
  first?.focus({ preventScroll: true });
}

on("keydown", ".ax-menu", (menu, e) => {
  const items = itemsOf(menu);
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[e.key];
  if (e.key === "Tab" && at >= 0) menu.hidePopover();
  const types = e.target.matches("input") && !e.key.startsWith("Arrow"); // Home and End are its own
  if (next === undefined || types) return;
  e.preventDefault();
  items[(next + items.length) % items.length]?.focus();
});

on("keydown", "[popovertarget]", (button, e) => {
  if (e.key !== "ArrowDown") return;
  e.preventDefault();
  noteOpener(button);
  const menu = document.getElementById(button.getAttribute("popovertarget"));
  menu.showPopover();
  enter(menu); // the browser tells of its opening later, and the next key may come before
});

on("click", '.ax-menu [role^="menuitem"]:not([aria-disabled="true"])', (item) => {
  const menu = item.closest(".ax-menu");
  openerOf(menu)?.focus({ preventScroll: true });
  menu.hidePopover();
});

function keepPlaced(e) {
  const menu = find(".ax-menu:popover-open");
  if (!menu || (e instanceof Event && menu.contains(e.target))) return;
  const opener = openerOf(menu);
  if (!opener) return menu.hidePopover(); // its row is gone
  const button = opener.getBoundingClientRect();
  if (button.bottom < 0 || button.top > innerHeight) menu.hidePopover();
  else place(menu);
}

addEventListener("scroll", keepPlaced, { capture: true, passive: true });
addEventListener("resize", keepPlaced);
document.addEventListener("DOMContentLoaded", () => {
  // A banner that comes or goes moves the button away from its menu.
  const banners = document.getElementById("banners");
  if (banners) new ResizeObserver(keepPlaced).observe(banners);
});

// A list that is loaded anew takes the open menu of a row along. It is opened again, at the same item;
// and a menu that stands outside of it stays, beside a button that is another one now.
let interrupted = null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const menu = find(".ax-menu:popover-open");
  if (!detail.shouldSwap || !menu || menu === detail.target || !detail.target.contains(menu)) return;
  interrupted = { id: menu.id, at: itemsOf(menu).indexOf(document.activeElement) };
});

document.addEventListener("htmx:afterSettle", () => {
  if (interrupted) openAgain(interrupted);
  interrupted = null;
  const menu = find(".ax-menu:popover-open");
  if (!menu) return;
  openerOf(menu)?.setAttribute("aria-expanded", "true");
  keepPlaced();
});

function openAgain({ id, at }) {
  const menu = document.getElementById(id);
  if (!menu || menu.matches(":popover-open")) return;
  menu.showPopover();
  itemsOf(menu)[at]?.focus({ preventScroll: true });
}
