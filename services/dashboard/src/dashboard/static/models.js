// @ts-check
// The filter of models: a button, and behind it a list with a box to tick for each.

import { modelColour } from "./colours.js";
import { byId, el, keyed, setText } from "./dom.js";
import { MOST_MODELS } from "./view.js";

/** Fewer names than this are found by looking. */
const SEARCH_FROM = 8;

/** What the button says. @param {readonly string[]} models */
export function filterLabel(models) {
  if (models.length === 0) return "All models";
  return models.length === 1 ? models[0] : `${models.length} models`;
}

/** The names to choose from: those there are, and those that are chosen.
 * @param {readonly string[]} known @param {readonly string[]} chosen @param {string} search */
export function choices(known, chosen, search) {
  const wanted = search.trim().toLowerCase();
  const all = [...new Set([...known, ...chosen])].sort((one, other) => one.localeCompare(other));
  return all.filter((name) => name.toLowerCase().includes(wanted));
}

export class ModelFilter {
  /** @param {(model: string, isWanted: boolean) => void} onTick @param {() => void} onAll */
  constructor(onTick, onAll) {
    this._onTick = onTick;
    this._button = byId("models-button");
    this._list = byId("models-list");
    this._menu = byId("models-menu");
    this._search = /** @type {HTMLInputElement} */ (byId("models-search"));
    /** @type {{known: readonly string[], chosen: readonly string[]}} */
    this._names = { known: [], chosen: [] };
    this._button.addEventListener("click", () => this._toggle(this._menu.hidden));
    byId("models-all").addEventListener("click", onAll);
    this._search.addEventListener("input", () => this._draw());
    this._closeByItself();
  }

  /** @param {readonly string[]} known @param {readonly string[]} chosen */
  show(known, chosen) {
    this._names = { known, chosen };
    setText(byId("models-label"), filterLabel(chosen));
    this._button.classList.toggle("is-chosen", chosen.length > 0);
    this._draw();
  }

  /** Open it, ready to type or to tick. */
  open() {
    this._toggle(true);
    const first = this._list.querySelector("input");
    (this._search.hidden ? first ?? byId("models-all") : this._search).focus();
  }

  _draw() {
    const { known, chosen } = this._names;
    this._search.hidden = choices(known, chosen, "").length < SEARCH_FROM;
    const names = choices(known, chosen, this._search.hidden ? "" : this._search.value);
    keyed(this._list, names, (name) => name, (name) => this._make(name), (node, name) => {
      const box = /** @type {HTMLInputElement} */ (node.querySelector("input"));
      box.checked = chosen.includes(name);
      box.disabled = !box.checked && chosen.length >= MOST_MODELS;
    });
    byId("models-none").hidden = names.length > 0;
    setText(byId("models-none"), this._search.value ? "No model has such a name." : "No model was seen yet.");
  }

  /** @param {string} name */
  _make(name) {
    const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox" }));
    box.addEventListener("change", () => this._onTick(name, box.checked));
    const tint = el("span", { class: "tint" });
    tint.style.background = modelColour(name);
    return el("li", {}, el("label", {}, box, tint, el("span", {}, name)));
  }

  /** @param {boolean} isOpen */
  _toggle(isOpen) {
    this._menu.hidden = !isOpen;
    this._button.setAttribute("aria-expanded", String(isOpen));
  }

  _closeByItself() {
    const around = byId("models");
    around.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this._menu.hidden) return;
      event.stopPropagation();
      this._toggle(false);
      this._button.focus();
    });
    around.addEventListener("focusout", (event) => {
      const next = /** @type {Node|null} */ (event.relatedTarget);
      if (next && !around.contains(next)) this._toggle(false);
    });
    document.addEventListener("pointerdown", (event) => {
      if (!around.contains(/** @type {Node} */ (event.target))) this._toggle(false);
    });
  }
}
