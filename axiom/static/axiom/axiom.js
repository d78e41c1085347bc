"use strict";

// What the pages do beyond links, forms and HTMX. Everything is delegated from the document, so
// that rows, menus and dialogs that arrive later behave the same. No page carries script of its own.

const SIDEBAR = "sidebar";
const CHANGED = "axiom:changed";

const find = (selector, root = document) => root.querySelector(selector);
const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (event, selector, act) =>
  document.addEventListener(event, (e) => {
    const element = e.target instanceof Element && e.target.closest(selector);
    if (element) act(element, e);
  });

// Requests ------------------------------------------------------------------------------------

htmx.config.includeIndicatorStyles = false;
htmx.config.defaultSettleDelay = 0; // what has come can be pressed at once
htmx.config.historyCacheSize = 0; // a page may show names of a project that its reader has left

document.addEventListener("htmx:configRequest", (e) => {
  e.detail.headers["X-CSRFToken"] = find('meta[name="csrf-token"]')?.content ?? "";
});

document.addEventListener("htmx:configRequest", (e) => {
  if (!e.detail.elt.matches("form.ax-tools")) return;
  for (const [name, value] of [...e.detail.formData]) if (!value) e.detail.formData.delete(name);
});

document.addEventListener("htmx:beforeSwap", (e) => {
  const { xhr } = e.detail;
  if (new URL(xhr.responseURL || location.href).pathname.endsWith("/admin/login/")) {
    e.detail.shouldSwap = false;
    location.reload(); // the session has ended: the page asks who is there
    return;
  }
  // A refusal that comes as a fragment is an answer, not a failure.
  if (xhr.getResponseHeader("X-Fragment")) {
    e.detail.shouldSwap = true;
    e.detail.isError = false;
  }
});

const FAILURES = {
  0: "Axiom does not answer. Check your connection and try again.",
  403: "You may not do that here. Ask an owner of the project.",
  404: "It is no longer there: somebody has deleted it meanwhile, or closed it to you.",
  503: "Axiom is busy. Try again in a few seconds.",
};

function tellFailure(e) {
  const { xhr, elt, requestConfig } = e.detail;
  if (requestConfig.headers["X-Follows"]) {
    if (xhr.status === 404) for (const gone of findAll("[data-follows]")) gone.replaceWith("—");
    return; // anything else may pass: it asks again by itself
  }
  if (elt.hasAttribute("data-polls")) {
    if (xhr.status === 404) elt.replaceWith("—"); // what it followed is gone
    return;
  }
  if (xhr.responseText.includes("data-out-of-date")) {
    showBanner("This page is out of date: you have signed in or out since. Reload it and try again.");
    return;
  }
  const text = FAILURES[xhr.status] ?? `Axiom could not do that (${xhr.status}). Try again; the log has the reason.`;
  showBanner(text);
}

document.addEventListener("htmx:responseError", tellFailure);
document.addEventListener("htmx:sendError", tellFailure);

// What was refused or not found was offered by a page that is out of date: it loads its lists anew.
const OUT_OF_DATE = [404, 409];

document.addEventListener("htmx:afterRequest", (e) => {
  const { xhr, elt, requestConfig } = e.detail;
  if (!OUT_OF_DATE.includes(xhr.status)) return;
  if (requestConfig.headers["X-Follows"] || elt.hasAttribute("data-polls")) return;
  if (requestConfig.triggeringEvent?.type === CHANGED) return; // the list itself is gone
  if (find("#dialog [data-question]")) document.getElementById("dialog").close();
  htmx.trigger(document.body, CHANGED);
});

// A list that is asked to load anew while it loads forgets the question with the element that was
// asked. It is asked again, so that it shows what was stored last: not before what came has settled,
// for until then it hears nothing.
const loading = new Set();
let isLate = false;

document.addEventListener(
  CHANGED,
  () => {
    isLate ||= loading.size > 0;
    wasHeldBack = false; // it is asked anew in any case
  },
  true,
);
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.triggeringEvent?.type === CHANGED) loading.add(detail.xhr);
});

function askAgainIfLate({ detail }) {
  if (!loading.delete(detail.xhr) || loading.size || !isLate) return;
  isLate = false;
  htmx.trigger(document.body, CHANGED);
}

document.addEventListener("htmx:afterSettle", askAgainIfLate);
document.addEventListener("htmx:afterRequest", (e) => e.detail.successful || askAgainIfLate(e));

// A press that begins on a row and ends on the row that has replaced it is no click, and its answer
// finds nothing where its row was: what comes meanwhile waits until the button is let go and answered.
let isHeld = false;
let wasHeldBack = false;
const pressed = new Set();

addEventListener("pointerdown", () => (isHeld = true), true);
for (const event of ["pointerup", "pointercancel"]) {
  addEventListener(event, () => setTimeout(release), true); // the click comes first
}

function release() {
  isHeld = false;
  letGo();
}

document.addEventListener("htmx:beforeSend", ({ detail: { xhr, target, requestConfig } }) => {
  if (requestConfig.verb === "get" && target.id !== "dialog") return;
  pressed.add(xhr);
  xhr.addEventListener("loadend", () => {
    pressed.delete(xhr);
    if (xhr.status && !heard.has(xhr)) hear(xhr);
    letGo();
  });
});

function letGo() {
  if (isHeld || pressed.size || !wasHeldBack) return;
  wasHeldBack = isLate = false;
  htmx.trigger(document.body, CHANGED);
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!(isHeld || pressed.size) || detail.requestConfig.triggeringEvent?.type !== CHANGED) return;
  detail.shouldSwap = false;
  loading.delete(detail.xhr);
  wasHeldBack = true;
});

// Who asked may be gone when the answer comes, as the item of a menu that another row has opened since:
// its banners are shown all the same, but what it begins and changes is heard by nobody else.
const heard = new WeakSet();

document.addEventListener("htmx:beforeOnLoad", ({ detail }) => heard.add(detail.xhr));

function hear(xhr) {
  awaitAll(parsed(xhr.responseText).content);
  htmx.trigger(document.body, CHANGED);
}

// Banners ---------------------------------------------------------------------------------------

function showBanner(text) {
  const template = document.getElementById("banner-template");
  const banner = template.content.firstElementChild.cloneNode(true);
  find("[data-text]", banner).textContent = text;
  const form = find("#dialog[open] form:not([data-question]) .ax-sheet-body");
  if (form) form.prepend(banner); // what is typed there stays; the page behind it can't be seen
  else document.getElementById("banners").append(banner);
}

function letBannersGo() {
  for (const banner of findAll("[data-gone-after]:not([data-going])")) {
    banner.dataset.going = "";
    let timer = 0;
    const start = () => (timer = setTimeout(() => banner.remove(), Number(banner.dataset.goneAfter)));
    banner.addEventListener("pointerenter", () => clearTimeout(timer));
    banner.addEventListener("pointerleave", start);
    start();
  }
}

on("click", "[data-close-banner]", (button) => button.closest(".ax-banner").remove());
document.addEventListener("DOMContentLoaded", letBannersGo);
document.addEventListener("htmx:afterSettle", letBannersGo);
document.addEventListener("htmx:oobAfterSwap", letBannersGo);

// Rows, forms and small things -----------------------------------------------------------------------

on("click", "[data-row-link]", (row, e) => {
  const isOwn = e.target.closest("a, button, input, label, select, summary, .ax-menu");
  if (!isOwn && !String(getSelection())) find(row.dataset.rowLink, row)?.click();
});

on("click", "[data-copy]", async (button) => {
  const text = document.getElementById(button.dataset.copy).textContent;
  await navigator.clipboard.writeText(text);
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 1500);
});

// Counts in the sidebar are asked for once the page stands, and not missed where it is left before.
async function count(place) {
  try {
    const answer = await fetch(place.dataset.count);
    if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
  } catch {
    return; // whoever asks for the next page asks again
  }
}

const countAll = () => findAll("[data-count]").forEach(count);
addEventListener("load", countAll);
document.addEventListener(CHANGED, countAll);

on("input", "[data-narrows]", (input) => {
  const wanted = input.value.trim().toLowerCase();
  for (const row of findAll("li", document.getElementById(input.dataset.narrows))) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
});

on("keydown", "[data-narrows]", (_input, e) => {
  if (e.key === "Enter") e.preventDefault(); // it narrows the list; it does not send the form
});

on("change", "[data-goes]", (select) => {
  location.search = select.value.replace(/^\?/, "");
});

function showSidebar(isShown) {
  document.getElementById(SIDEBAR).classList.toggle("is-open", isShown);
  document.getElementById("sidebar-veil").hidden = !isShown;
  find(isShown ? `#${SIDEBAR} a` : "[data-open-sidebar]").focus();
}

document.addEventListener("DOMContentLoaded", () => {
  find(`#${SIDEBAR} [aria-current]`)?.scrollIntoView({ block: "nearest" });
});

on("click", "[data-open-sidebar]", () => showSidebar(true));
on("click", "#sidebar-veil", () => showSidebar(false));
document.addEventListener("keydown", (e) => {
  const isOpen = find(`#${SIDEBAR}.is-open`);
  if (e.key === "Escape" && isOpen && !find(".ax-menu:popover-open")) showSidebar(false);
});
