// @ts-check
// The legend of a chart with many series: a table whose names are switches.

import { setAttribute, setText } from "./dom.js";
import { nameElements } from "./labels.js";
import { swatchOf } from "./styles.js";

/** @typedef {import("./series.js").Row} Row */
/** @typedef {import("./colours.js").Theme} Theme */

/**
 * What a click hides: the one; with a modifier, all others; and all come back when the last goes.
 * @param {ReadonlySet<string>} hidden @param {string} key @param {string[]} all
 * @param {boolean} isAlone
 */
export function toggled(hidden, key, all, isAlone) {
  if (isAlone) {
    const others = all.filter((one) => one !== key);
    const isAlready = others.every((one) => hidden.has(one)) && !hidden.has(key);
    return new Set(isAlready ? [] : others);
  }
  const next = new Set(hidden);
  if (!next.delete(key)) next.add(key);
  return all.every((one) => next.has(one)) ? new Set() : next;
}

export class Legend {
  /** @param {HTMLElement} parent @param {string} title @param {(key: string, isAlone: boolean) => void} onToggle */
  constructor(parent, title, onToggle) {
    this._onToggle = onToggle;
    this.element = document.createElement("table");
    this.element.className = "legend";
    const caption = document.createElement("caption");
    caption.className = "unseen";
    caption.textContent = `Series of ${title}; a name hides or shows its line, with Shift all others`;
    this._body = document.createElement("tbody");
    this.element.append(caption, this._body);
    parent.append(this.element);
    /** @type {HTMLElement[]} */
    this._values = [];
  }

  /** @param {Row[]} rows @param {Theme} theme @param {ReadonlySet<string>} hidden */
  show(rows, theme, hidden) {
    this._values = [];
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset?.series;
    this._body.replaceChildren(...rows.map((row) => this._row(row, theme, hidden.has(row.key))));
    if (focused && !document.activeElement?.matches(".legend button")) {
      for (const button of this._body.querySelectorAll("button")) if (button.dataset.series === focused) button.focus();
    }
  }

  /** @param {Row} row @param {Theme} theme @param {boolean} isHidden */
  _row(row, theme, isHidden) {
    const [tr, th, button, name, td] = ["tr", "th", "button", "span", "td"].map((tag) => document.createElement(tag));
    button.title = row.name || "all";
    name.append(...(row.name ? nameElements(row) : ["all"]));
    setAttribute(button, "aria-pressed", String(!isHidden));
    button.dataset.series = row.key;
    button.append(swatchOf(row, theme), name);
    button.addEventListener("click", (event) => this._onToggle(row.key, event.shiftKey));
    th.setAttribute("scope", "row");
    th.append(button);
    this._values.push(td);
    tr.append(th, td);
    return tr;
  }

  /** @param {string[]} texts */
  say(texts) {
    texts.forEach((text, n) => this._values[n] && setText(this._values[n], text));
  }
}
