"use strict";

// Passkeys: a form that asks the device first, and sends what it answered.
//
// <form data-passkey="create|get"> holds the options in data-options, or their address in
// data-options-from; its hidden field `credential` takes the answer.

const DEVICE = { create: (options) => webauthnJSON.create(options), get: (options) => webauthnJSON.get(options) };

const REASONS = {
  InvalidStateError: "This device has a passkey for your account already.",
  NotAllowedError: "Nothing was confirmed. Try again when you are ready.",
  SecurityError: "Passkeys don't work at this address. Open Axiom by its name, over https.",
};
const OTHERWISE = "That did not work here. Try again, or use another way to sign in.";

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.optionsFrom, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()).request_options;
}

function tell(form, words) {
  const place = form.querySelector("[data-passkey-error]");
  place.textContent = words;
  place.hidden = !words;
}

document.addEventListener("submit", async (e) => {
  const form = e.target;
  if (!form.matches("form[data-passkey]")) return;
  e.preventDefault();
  tell(form, "");
  try {
    const answer = await DEVICE[form.dataset.passkey](await optionsOf(form));
    form.elements.credential.value = JSON.stringify(answer);
    form.submit();
  } catch (error) {
    tell(form, REASONS[error.name] ?? OTHERWISE);
  }
});
