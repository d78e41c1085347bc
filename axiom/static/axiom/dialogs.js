"use strict";

// The dialog: opening it, where the focus goes, and what happens to what was typed in it.

const DIALOG = "dialog";
const dialogOf = () => document.getElementById(DIALOG);

// What opened it. Lists load themselves anew meanwhile, so its way of being found is kept as well.
let openedBy = null;

function remember(element) {
  const menu = element.closest(".ax-menu");
  const button = menu ? openerOf(menu) : element;
  const name = ["id", "hx-get", "data-menu"].find((attribute) => button.hasAttribute(attribute));
  const found = name ? `[${name}="${CSS.escape(button.getAttribute(name))}"]` : "main a";
  openedBy = { button, found };
}

function focusOpener() {
  if (!openedBy || dialogOf().open) return;
  const { button, found } = openedBy;
  (button?.isConnected ? button : find(found))?.focus({ preventScroll: true });
}

document.addEventListener("htmx:beforeRequest", (e) => {
  const isInside = e.detail.elt.closest(`#${DIALOG}`);
  if (e.detail.target?.id === DIALOG && !isInside) remember(e.detail.elt);
});

document.addEventListener("htmx:afterSwap", (e) => {
  const dialog = e.detail.target;
  if (dialog.id !== DIALOG) return;
  delete dialog.dataset.touched;
  if (!dialog.open) dialog.showModal();
  find("[autofocus]", dialog)?.focus();
});

// The list behind it has been loaded anew: whoever pressed a row's button stands there again.
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) focusOpener();
});

// A form that comes back shows what it wants changed, and the focus stands there.
document.addEventListener("htmx:afterSettle", (e) => {
  if (!e.detail.xhr?.getResponseHeader("X-Fragment") || e.detail.xhr.status < 400) return;
  const form = find(".ax-sheet", dialogOf()) ?? find(".ax-sheet");
  if (form) focusFirstError(form);
});

function focusFirstError(form) {
  const wrong = '[role="alert"][tabindex], .has-error :is(input:not([type="hidden"]), select, textarea)';
  const first = findAll(wrong, form).find((element) => element.offsetParent !== null);
  first?.focus();
  first?.scrollIntoView({ block: "center" });
}

document.addEventListener("DOMContentLoaded", () => {
  const form = find("form.ax-sheet");
  if (form) focusFirstError(form); // a page of its own that came back with errors
});

// Leaving --------------------------------------------------------------------------------------

for (const event of ["input", "change"]) {
  on(event, `#${DIALOG} form`, () => (dialogOf().dataset.touched = ""));
}

function leave() {
  const dialog = dialogOf();
  if (!("touched" in dialog.dataset)) return dialog.close();
  document.getElementById("leave-dialog").showModal();
}

// Chromium lets a second Escape through whatever the first one was told, so the key itself is caught.
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || !dialogOf().open || e.defaultPrevented) return;
  if (document.getElementById("leave-dialog").open || find(":popover-open")) return;
  e.preventDefault();
  leave();
});

document.addEventListener(
  "cancel",
  (e) => {
    if (e.target.id !== DIALOG || !("touched" in e.target.dataset)) return;
    e.preventDefault();
    leave();
  },
  true,
);

on("click", "[data-keep-editing]", () => document.getElementById("leave-dialog").close());

on("click", "[data-throw-away]", () => {
  document.getElementById("leave-dialog").close();
  dialogOf().close();
});

on("click", "[data-close-dialog]", (element, e) => {
  const dialog = element.closest("dialog");
  if (!dialog) return; // on a page of its own it is a link that leads back
  e.preventDefault();
  dialog.close();
});

// What was sent from the dialog is done with. Work that ends in the background closes nothing.
document.addEventListener("axiom:close-dialog", (e) => {
  if (dialogOf().contains(e.target)) dialogOf().close();
});

document.addEventListener(
  "close",
  (e) => {
    if (e.target.id !== DIALOG) return;
    e.target.replaceChildren();
    delete e.target.dataset.touched;
    focusOpener();
  },
  true,
);

// A vendor's login page opens by itself, once for each login; where the browser keeps it from
// opening, its link is there.
document.addEventListener("htmx:afterSettle", () => {
  const link = find("[data-opens-once]");
  if (!link || sessionStorage.getItem(link.dataset.opensOnce)) return;
  sessionStorage.setItem(link.dataset.opensOnce, "opened");
  window.open(link.href, "_blank", "noopener,noreferrer");
});
