// @ts-check
// Which colour a series has. A model keeps its own: everywhere, over reloads, in all pages.
// The colours themselves are in charts.css, for both themes.

import { fromHex, toHex } from "./oklch.js";
import { remember, remembered } from "./store.js";

/** Colours that there are; beyond them everything is grey. */
export const SLOTS = 7;
export const OTHER = SLOTS;
const NAME = "model-colours";
/** What stands for many models, or none, has no colour of its own. */
const NOBODY = new Set(["other", "none", "unknown", ""]);

/** @param {string} name Whether no single model has it. */
export const isNobody = (name) => NOBODY.has(name);

/** Lightness of p50, p95 and p99, of which the last is the lightest. */
const SHADES = { light: [0.4, 0.53, 0.645], dark: [0.6, 0.74, 0.88] };
/** Lightness of the least and the most, and how many steps lie between. */
const RAMP = { light: [0.9, 0.36], dark: [0.3, 0.9] };
export const RAMP_STEPS = 9;

/**
 * A place for a name: its own, a free one, or that of one that is gone.
 * @param {(string|null)[]} slots by place; not changed @param {string} name
 * @param {ReadonlySet<string>} known the names that there are
 * @returns {{slots: (string|null)[], slot: number}}
 */
export function placed(slots, name, known) {
  const own = slots.indexOf(name);
  if (NOBODY.has(name)) return { slots, slot: OTHER };
  if (own >= 0) return { slots, slot: own };
  const free = slots.findIndex((one) => one === null);
  const gone = slots.findIndex((one) => known.size > 0 && !known.has(one ?? ""));
  const slot = free >= 0 ? free : gone;
  if (slot < 0) return { slots, slot: OTHER };
  return { slots: slots.map((one, n) => (n === slot ? name : one)), slot };
}

/** What was remembered, if it is that. @param {string|null} text @returns {(string|null)[]} */
export function readSlots(text) {
  let read;
  try {
    read = JSON.parse(text ?? "[]");
  } catch {
    read = []; // of another release, or of somebody who plays with it
  }
  const names = Array.isArray(read) ? read : [];
  return Array.from({ length: SLOTS }, (_, n) => (typeof names[n] === "string" ? names[n] : null));
}

/** @type {ReadonlySet<string>} */
let known = new Set();
/** @type {Map<string, number>} of this page, so that no draw waits for the storage */
const own = new Map();
/** @type {string|null} as it would be remembered, where nothing is */
let kept = null;

/** The models that there are: those that are gone lose their colour to new ones. @param {string[]} names */
export function knownModels(names) {
  known = new Set(names);
}

/** @param {string} name @returns {number} 0 to 6, or 7 for grey */
export function modelSlot(name) {
  const there = own.get(name);
  if (there !== undefined) return there;
  const { slots, slot } = placed(readSlots(remembered(NAME) ?? kept), name, known);
  kept = JSON.stringify(slots);
  if (slot !== OTHER) remember(NAME, kept);
  for (const [other, place] of own) if (place === slot && slot !== OTHER) own.delete(other);
  if (slot !== OTHER || NOBODY.has(name)) own.set(name, slot);
  return slot;
}

/** For styles; follows the theme. @param {string} name @returns {string} */
export const modelColour = (name) => slotColour(modelSlot(name));

/** @param {number} slot */
const slotColour = (slot) => `var(--series-${slot + 1})`;

/**
 * The colours of the theme, for canvases.
 * @typedef {{paper: string, ink: string, quiet: string, hairline: string,
 *   red: string, series: string[], shades: string[][], ramp: string[]}} Theme
 */

/** @returns {Theme} */
export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const read = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const isDark = document.documentElement.dataset.theme === "dark";
  const series = Array.from({ length: SLOTS + 1 }, (_, n) => read(`series-${n + 1}`));
  return {
    paper: read("paper"),
    ink: read("ink"),
    quiet: read("quiet"),
    hairline: read("hairline"),
    red: read("red"),
    series,
    shades: series.map((hex) => shadesOf(hex, isDark)),
    ramp: rampOf(read("heat"), isDark),
  };
}

/** @param {string} hex @param {number} share of it that is left */
export const translucent = (hex, share) => `${hex}${Math.round(255 * share).toString(16).padStart(2, "0")}`;

/** One hue in three lightnesses. @param {string} hex @param {boolean} isDark */
export function shadesOf(hex, isDark) {
  const { c, h } = fromHex(hex);
  return SHADES[isDark ? "dark" : "light"].map((l) => toHex({ l, c, h }));
}

/** One hue whose lightness goes on in even steps. @param {string} hex @param {boolean} isDark */
export function rampOf(hex, isDark) {
  const { c, h } = fromHex(hex);
  const [from, to] = RAMP[isDark ? "dark" : "light"];
  return Array.from({ length: RAMP_STEPS }, (_, n) => {
    const share = n / (RAMP_STEPS - 1);
    return toHex({ l: from + (to - from) * share, c: c * (0.45 + 0.55 * share), h });
  });
}
