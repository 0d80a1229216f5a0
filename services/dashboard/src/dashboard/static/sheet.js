// @ts-check
// What a panel's button opens: full width, PromQL, table, picture.

import { el, setAttribute } from "./dom.js";

/** @typedef {{name: string, act: () => void|Promise<void>}} Deed */

const SAID_MS = 4000;

/** The PromQL of what is asked, one query after the other. @param {import("./types.js").Panel} panel @param {string[]} exprs */
export function queriesOf(panel, exprs) {
  const asked = exprs.length ? exprs : panel.queries.map((query) => query.expr);
  return asked
    .map((expr, n) => ({ expr, name: nameOf(panel.queries[n]) }))
    .filter(({ expr }) => expr);
}

/** "{model} p95" is "p95, by model". @param {import("./types.js").Query|undefined} query */
export function nameOf(query) {
  const said = query?.name || query?.role || "";
  const labels = [...said.matchAll(/\{(\w+)\}/g)].map(([, label]) => label);
  const rest = said.replace(/\{\w+\}/g, "").replace(/\s+/g, " ").trim();
  return [rest, labels.length ? `by ${labels.join(", ")}` : ""].filter(Boolean).join(", ");
}

export class Sheet {
  /**
   * @param {HTMLElement} parent where the button is @param {string} title
   * @param {() => {deeds: Deed[], help: string, exprs: {name: string, expr: string}[]}} told when it opens
   */
  constructor(parent, title, told) {
    this._told = told;
    this._sheet = el("div", { class: "sheet", role: "group", "aria-label": `${title}: what to do with it` });
    this._sheet.hidden = true;
    this.button = el("button", { type: "button", class: "more", "aria-expanded": "false", "aria-label": `More of ${title}` }, "⋯");
    this._said = el("p", { class: "quiet", role: "status" });
    parent.append(this.button, this._sheet);
    this.button.addEventListener("click", () => this._toggle(this._sheet.hidden));
    parent.addEventListener("keydown", (event) => this._key(event));
    parent.addEventListener("focusout", (event) => {
      const to = /** @type {FocusEvent} */ (event).relatedTarget;
      if (to && !parent.contains(/** @type {Node} */ (to))) this._toggle(false);
    });
    this._outside = (/** @type {Event} */ event) => {
      if (!parent.contains(/** @type {Node} */ (event.target))) this._toggle(false);
    };
  }

  /** @param {boolean} isOpen */
  _toggle(isOpen) {
    if (isOpen === !this._sheet.hidden) return;
    if (isOpen) this._fill();
    this._sheet.hidden = !isOpen;
    setAttribute(this.button, "aria-expanded", String(isOpen));
    document[isOpen ? "addEventListener" : "removeEventListener"]("pointerdown", this._outside);
  }

  _fill() {
    const { deeds, help, exprs } = this._told();
    const buttons = deeds.map(({ name, act }) => {
      const button = el("button", { type: "button" }, name);
      button.addEventListener("click", () => this._do(name, act));
      return button;
    });
    const queries = exprs.map(({ name, expr }) => el("div", {}, el("span", { class: "quiet" }, name), el("code", {}, expr)));
    this._said.textContent = "";
    this._sheet.replaceChildren(
      el("div", { class: "deeds" }, ...buttons),
      this._said,
      ...(help ? [el("p", {}, help)] : []),
      el("div", { class: "queries", tabindex: "0", role: "group", "aria-label": "PromQL" }, ...queries),
    );
  }

  /** @param {string} name @param {Deed["act"]} act */
  async _do(name, act) {
    try {
      await act();
      this._said.textContent = `${name}: done`;
    } catch (error) {
      this._said.textContent = `${name} failed: ${error instanceof Error ? error.message : error}`;
    }
    setTimeout(() => (this._said.textContent = ""), SAID_MS);
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    if (event.key !== "Escape" || this._sheet.hidden) return;
    event.stopPropagation();
    this._toggle(false);
    this.button.focus();
  }
}

/** Copies text, in a page without the clipboard's permission, too. @param {string} text */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "unseen" }));
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("the browser does not let this page copy; mark the text instead");
}
