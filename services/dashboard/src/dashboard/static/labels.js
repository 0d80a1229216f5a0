// @ts-check
// Names and values at the right ends of lines, where there are at most four.

import { setText } from "./dom.js";
import { font } from "./font.js";
import { nameParts } from "./series.js";
import { swatchOf } from "./styles.js";

/** @typedef {import("./series.js").Row} Row */

export const MOST = 4;
/** How high a label is, with one line and with two. */
export const [LOW, TALL] = [18, 34];
const [SWATCH, GAP, EDGE] = [20, 4, 8];
/** Above this share of the room, two lines are better than a short name. */
const TALL_FROM = 0.85;

/**
 * Places near those wanted, that do not cover one another.
 * @param {number[]} wanted @param {number} height of each @param {number} low @param {number} high
 * @returns {number[]} in the order of `wanted`
 */
export function spread(wanted, height, low, high) {
  const order = wanted.map((_, n) => n).sort((a, b) => wanted[a] - wanted[b]);
  const places = [...wanted];
  let free = low;
  for (const n of order) {
    places[n] = Math.max(free, Math.min(places[n], high - height));
    free = places[n] + height;
  }
  let end = high;
  for (const n of order.toReversed()) {
    places[n] = Math.max(low, Math.min(places[n], end - height));
    end = places[n];
  }
  return places;
}

/**
 * How wide the labels are, whether a name stands above its value, and whether that is not enough.
 * @param {number[]} names widths of the names in pixels @param {number[]} values of their values
 * @param {number} room the most that there is
 */
export function widthOf(names, values, room) {
  const [name, value] = [Math.max(0, ...names), Math.max(0, ...values)];
  const one = SWATCH + name + (name ? GAP : 0) + value;
  const isTall = name > 0 && one > room * TALL_FROM;
  const wanted = isTall ? SWATCH + Math.max(name, value) : one;
  return { width: Math.ceil(Math.min(room, wanted)) + EDGE, isTall, isCut: wanted > room };
}

const measure = () => /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
/** @type {CanvasRenderingContext2D|null} */
let ruler = null;

/** @param {string} text @param {string} [weight] */
export function textWidth(text, weight) {
  ruler ??= measure();
  ruler.font = font(1, weight);
  return ruler.measureText(text).width;
}

/** @param {Row} row @returns {HTMLElement[]} */
export function nameElements(row) {
  return nameParts(row).filter(Boolean).map((part, n) => {
    const element = document.createElement(n ? "em" : "span");
    element.textContent = part;
    return element;
  });
}

export class Labels {
  /** @param {HTMLElement} parent @param {boolean} isTall */
  constructor(parent, isTall) {
    this.height = isTall ? TALL : LOW;
    this.element = document.createElement("div");
    this.element.className = isTall ? "ends is-tall" : "ends";
    parent.append(this.element);
    /** @type {HTMLElement[]} */
    this._values = [];
  }

  /** @param {Row[]} rows @param {import("./colours.js").Theme} theme @param {number} width in pixels */
  show(rows, theme, width) {
    this.element.style.width = `${width}px`;
    this._values = [];
    this.element.replaceChildren(
      ...rows.map((row) => {
        const [end, name, value] = ["div", "span", "b"].map((tag) => document.createElement(tag));
        name.title = row.name;
        name.append(...nameElements(row));
        end.append(swatchOf(row, theme), name, value);
        this._values.push(value);
        return end;
      }),
    );
  }

  /** @param {string[]} texts */
  say(texts) {
    texts.forEach((text, n) => this._values[n] && setText(this._values[n], text));
  }

  /** @param {number[]} wanted the middles, from the top @param {number} low @param {number} high */
  place(wanted, low, high) {
    const tops = spread(wanted.map((middle) => middle - this.height / 2), this.height, low, high);
    [...this.element.children].forEach((end, n) => {
      /** @type {HTMLElement} */ (end).style.transform = `translateY(${Math.round(tops[n])}px)`;
    });
  }
}
