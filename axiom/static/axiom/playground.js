"use strict";

// The playground's conversation. It lives in this tab alone: the server is sent the history with
// each question and keeps none of it.
{
  const form = document.getElementById("playground");
  const turns = document.getElementById("turns");
  const words = document.getElementById("words");
  const error = document.getElementById("words-error");
  const state = document.getElementById("talk-state");
  const send = document.getElementById("send");
  const KEPT = `axiom-playground-${form.dataset.project}`;
  const WHO = { user: "You", assistant: "Answer" };

  let history = kept();
  let underWay = null; // what stops the answer that is coming

  function kept() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
    } catch {
      return [];
    }
  }

  function keep() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(history));
    } catch {
      state.textContent = "This browser keeps no more: the conversation is gone when the page is.";
    }
  }

  // What is shown --------------------------------------------------------------------------------

  function show(turn) {
    const row = document.getElementById("turn").content.cloneNode(true).firstElementChild;
    row.classList.add(`is-${turn.speaker}`);
    turns.append(row);
    refresh(row, turn);
    return row;
  }

  function refresh(row, turn) {
    const isAtEnd = turns.scrollHeight - turns.scrollTop - turns.clientHeight < 40;
    row.querySelector(".ax-turn-who").textContent = turn.from ?? WHO[turn.speaker];
    row.querySelector(".ax-turn-text").textContent = turn.text;
    const note = row.querySelector(".ax-turn-note");
    note.textContent = turn.note ?? "";
    row.querySelector(".ax-turn-failure")?.remove();
    if (turn.failure) {
      const told = document.createElement("div");
      told.className = "ax-note is-bad ax-turn-failure";
      told.setAttribute("role", "alert");
      told.textContent = turn.failure;
      note.before(told);
    }
    document.getElementById("no-turns").hidden = true;
    if (isAtEnd || turn.speaker === "user") turns.scrollTop = turns.scrollHeight;
  }

  function say(what) {
    error.textContent = what;
    error.hidden = !what;
  }

  function setBusy(stop) {
    underWay = stop;
    send.textContent = stop ? "Stop" : "Send";
    send.classList.toggle("is-primary", !stop);
    if (stop) state.textContent = "Waiting for the first word…";
  }

  const counted = (count, one, many) => `${count} ${count === 1 ? one : many}`;

  function noted({ attempts, inputTokens, outputTokens, cost, latencyMs, ttftMs }) {
    return [
      counted(attempts, "attempt", "attempts"),
      `${inputTokens} tokens in, ${outputTokens} out`,
      cost === "—" ? "price unknown" : cost,
      ttftMs === null ? `${latencyMs} ms` : `first word ${ttftMs} ms, all ${latencyMs} ms`,
    ].join(" · ");
  }

  // One answer -----------------------------------------------------------------------------------

  const HEAR = {
    begun: (turn, event) => {
      turn.from = `${event.model} at ${event.provider}`;
      state.textContent = "Answering…";
    },
    text: (turn, event) => (turn.text += event.text),
    failed: (turn, event) => (turn.failure = event.message),
    ended: (turn, event) => {
      turn.note = event.note ?? noted(event);
      if (event.provider) turn.from = `${event.model} at ${event.provider}`;
    },
  };

  async function* lines(body) {
    let rest = "";
    for await (const piece of pieces(body.pipeThrough(new TextDecoderStream()))) {
      const parts = (rest + piece).split("\n");
      rest = parts.pop();
      yield* parts;
    }
  }

  async function* pieces(stream) {
    const reader = stream.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  }

  function question() {
    const sent = new FormData(form);
    const said = history.filter(({ text }) => text).map(({ speaker, text }) => ({ speaker, text }));
    sent.set("conversation", JSON.stringify(said));
    return sent;
  }

  async function hear(response) {
    const turn = { speaker: "assistant", text: "" };
    history.push(turn);
    const row = show(turn);
    try {
      for await (const line of lines(response.body)) {
        const event = JSON.parse(line);
        HEAR[event.type](turn, event);
        refresh(row, turn);
      }
      if (!turn.note && !turn.failure) turn.failure = "The answer broke off. Send your message again.";
    } catch (trouble) {
      turn.note = trouble.name === "AbortError" ? "Stopped. What came until then is in Usage." : "";
      if (!turn.note) turn.failure = "The connection broke off. Send your message again.";
    }
    refresh(row, turn);
  }

  const REFUSALS = {
    403: "You may not call models in this project. Ask an owner.",
    404: "This project is closed to you by now.",
    503: "Axiom is busy. Try again in a few seconds.",
  };

  async function refused(response) {
    if (response.status === 422) {
      const { errors } = await response.json();
      return Object.values(errors).flat().join(" ");
    }
    return REFUSALS[response.status] ?? `Axiom could not do that (${response.status}).`;
  }

  function takeBack() {
    const { text } = history.pop();
    turns.lastElementChild.remove();
    words.value = text;
  }

  async function ask(text) {
    const stop = new AbortController();
    setBusy(stop);
    const turn = { speaker: "user", text };
    history.push(turn);
    show(turn);
    words.value = "";
    try {
      const sent = { method: "POST", body: question(), signal: stop.signal, redirect: "manual" };
      const response = await fetch(form.action, sent);
      if (response.ok) await hear(response);
      else {
        takeBack();
        const hasLeft = response.type === "opaqueredirect";
        say(hasLeft ? "You are signed out. Sign in again; your words stay here." : await refused(response));
      }
    } catch {
      takeBack();
      say(stop.signal.aborted ? "" : "Axiom does not answer. Check your connection and try again.");
    }
    setBusy(null);
    state.textContent = "";
    keep();
    words.focus();
  }

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (underWay) return underWay.abort();
    say("");
    const text = words.value.trim();
    if (text) ask(text);
    else say("Write something first.");
  });

  words.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    if (!underWay) form.requestSubmit();
  });

  document.getElementById("begin-anew").addEventListener("click", () => {
    underWay?.abort();
    history = [];
    turns.replaceChildren();
    document.getElementById("no-turns").hidden = false;
    say("");
    keep();
    words.focus();
  });

  history.forEach(show);
  words.focus();
}
