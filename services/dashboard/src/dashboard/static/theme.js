// @ts-check
// Dark or light: as the system has it, or as was chosen. early.js did it once already.

import { remember, remembered } from "./store.js";

/** @typedef {"system"|"dark"|"light"} Choice */

/** @type {readonly Choice[]} */
const CHOICES = Object.freeze(["system", "dark", "light"]);
const NAME = "theme";

/** @param {string|null} said @returns {Choice} */
export function choiceOf(said) {
  return CHOICES.find((choice) => choice === said) ?? "system";
}

/** @param {Choice} choice @param {boolean} isSystemDark */
export function themeOf(choice, isSystemDark) {
  if (choice === "system") return isSystemDark ? "dark" : "light";
  return choice;
}

/** The one after it, as the key goes round. @param {Choice} choice */
export const nextOf = (choice) => CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];

export class Theme {
  /** @param {() => void} onChange after the document has it */
  constructor(onChange) {
    this._onChange = onChange;
    this._dark = matchMedia("(prefers-color-scheme: dark)");
    this.choice = choiceOf(remembered(NAME));
    this._dark.addEventListener("change", () => this._apply());
  }

  /** @param {Choice} choice */
  choose(choice) {
    this.choice = choice;
    remember(NAME, choice === "system" ? null : choice);
    this._apply();
  }

  _apply() {
    document.documentElement.dataset.theme = themeOf(this.choice, this._dark.matches);
    this._onChange();
  }
}
