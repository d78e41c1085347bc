"use strict";

// What lists do beside axiom.js, whose small words (find, findAll, on) it uses: menus that are asked
// for when they open, work under way, and rows that are ticked.

// Menus of rows: one popover for them all, filled when it opens with what may be done at that moment.

document.addEventListener(
  "beforetoggle",
  (e) => {
    const menu = e.target;
    if (menu.id !== "row-menu" || e.newState !== "open") return;
    const opener = openerOf(menu);
    menu.replaceChildren(); // nothing is shown until the items are there
    menu.setAttribute("aria-label", opener.getAttribute("aria-label"));
    // Settled at once: an item that has the focus must be able to do what it says.
    const swap = "innerHTML settle:0ms";
    htmx.ajax("GET", opener.dataset.menu, { source: menu, target: menu, swap });
  },
  true,
);

document.addEventListener("htmx:afterSwap", (e) => {
  const menu = e.detail.target;
  if (menu.id !== "row-menu" || !menu.matches(":popover-open")) return;
  place(menu);
  itemsOf(menu)[0]?.focus({ preventScroll: true });
});

document.addEventListener("htmx:responseError", (e) => {
  if (e.detail.target?.id === "row-menu") e.detail.target.hidePopover();
});

// Work under way: one question a second about all of it, however many badges wait for an answer.

const ASKED_AT_ONCE = 100;
const ASK_EVERY_MS = 1000;
let turn = 0;

// A list that loads anew may show an end before anybody was told of it: what an answer once said to be
// under way is asked about until its end has been told, whether the page still shows it or not.
const awaited = new Map();
let isUnderWay = new Set(); // as the last answer had it
const isFollowed = (id) => find(`[data-follows="${id}"]`) !== null;

function parsed(html) {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  return answer;
}

function awaitAll(root) {
  for (const element of findAll("[data-follows]", root)) awaited.set(element.dataset.follows, element.dataset.at);
}

document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
  if (xhr.responseText.includes("data-follows")) awaitAll(parsed(xhr.responseText).content);
});

async function follow() {
  awaitAll(document);
  if (awaited.size && !document.hidden) {
    const followed = [...awaited];
    turn %= followed.length;
    const inTurn = [...followed.slice(turn), ...followed.slice(0, turn)].slice(0, ASKED_AT_ONCE);
    turn += ASKED_AT_ONCE;
    const query = new URLSearchParams(inTurn.map(([id]) => ["of", id]));
    const asked = { source: "#banners", swap: "none", headers: { "X-Follows": "1" } };
    await htmx
      .ajax("GET", `${inTurn[0][1]}?${query}`, asked)
      .then(() => inTurn.filter(([id]) => !isUnderWay.has(id) && !isFollowed(id)).forEach(([id]) => awaited.delete(id)))
      .catch(() => {});
    // What ends may have changed more than its own badge.
    if (!awaited.size) htmx.trigger(document.body, CHANGED);
  }
  setTimeout(follow, ASK_EVERY_MS);
}

setTimeout(follow, ASK_EVERY_MS);

document.addEventListener("htmx:beforeSwap", (e) => {
  if (!e.detail.requestConfig.headers["X-Follows"]) return;
  const answer = parsed(e.detail.serverResponse);
  isUnderWay = new Set(findAll("[data-follows]", answer.content).map((element) => element.dataset.follows));
  // The list may have been loaded anew while the answer was on its way.
  for (const part of findAll("[hx-swap-oob][id]", answer.content)) if (!document.getElementById(part.id)) part.remove();
  e.detail.serverResponse = answer.innerHTML;
});

// Ticked rows: they stay ticked when the list is loaded again, as long as they are in it.

const ticked = new Set();
const boxes = () => findAll('input[name="ticked"][form="bulk"]');

function showTicks() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const there = boxes();
  const values = new Set(there.map((box) => box.value));
  for (const value of ticked) if (!values.has(value)) ticked.delete(value);
  for (const box of there) box.checked = ticked.has(box.value);
  const all = find("[data-tick-all]");
  if (all) {
    all.checked = there.length > 0 && ticked.size === there.length;
    all.indeterminate = ticked.size > 0 && !all.checked;
  }
  bar.hidden = ticked.size === 0;
  find("[data-ticked]", bar).textContent = ticked.size;
}

on("change", 'input[name="ticked"][form="bulk"]', (box) => {
  if (box.checked) ticked.add(box.value);
  else ticked.delete(box.value);
  showTicks();
});

on("change", "[data-tick-all]", (all) => {
  for (const box of boxes()) {
    if (all.checked) ticked.add(box.value);
    else ticked.delete(box.value);
  }
  showTicks();
});

function untick() {
  ticked.clear();
  showTicks();
}

on("click", "[data-untick]", untick);
document.addEventListener("axiom:untick", untick);
document.addEventListener("htmx:afterSettle", showTicks);
