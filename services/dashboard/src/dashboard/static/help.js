// @ts-check
// The list of keys, in a dialog.

import { byId, el } from "./dom.js";
import { KEYS } from "./keys.js";

export function createHelp() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("help"));
  byId("help-keys").append(
    ...KEYS.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)]),
  );
  const toggle = () => (dialog.open ? dialog.close() : dialog.showModal());
  byId("help-button").addEventListener("click", toggle);
  byId("help-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return { toggle };
}
