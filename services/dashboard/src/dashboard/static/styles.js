// @ts-check
// How a series looks: hue, lightness and dash, by which those of one panel are told apart. Swatches
// show the same. Pure but for models' colours and `swatchOf`.

import { OTHER, modelSlot } from "./colours.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./series.js").Row} Row */
/**
 * Which things of a panel there have been, by their kind: each keeps its place in its list, and so
 * its looks, as long as the page is there.
 * @typedef {Map<string, string[]>} Taken
 */

const QUANTILES = ["p50", "p95", "p99"];
const SHADES = 3;
const WIDTHS = { p99: 1, p95: 1.25 };
/** Strokes and gaps in pixels, each of which is told from the others in a swatch. */
const DASHES = [[], [6, 4], [2, 3], [8, 3, 2, 3], [4, 2, 2, 2, 2, 4]];
const THRESHOLD_DASH = [5, 4];

/** @param {Taken} taken changed @param {string} kind @param {string} thing */
function placeOf(taken, kind, thing) {
  const there = taken.get(kind) ?? [];
  if (!there.includes(thing)) taken.set(kind, [...there, thing]);
  return /** @type {string[]} */ (taken.get(kind)).indexOf(thing);
}

/**
 * What several quantiles are of, by the query's place among those of its role: the first of each
 * role belong together, and the second. Other queries are things of their own.
 * @param {Panel} panel @param {Row} row
 */
function familyOf(panel, { role, query }) {
  if (!QUANTILES.includes(role)) return String(query);
  const { split } = panel.queries[query];
  const before = panel.queries.slice(0, query).filter((one) => one.role === role && one.split === split);
  return `quantiles ${before.length}`;
}

/** Whether the query is shown beside others that are of models. @param {Panel} panel @param {number} place */
function isAmongModels(panel, place) {
  const { split } = panel.queries[place];
  return panel.queries.some((one) => one.name?.includes("{model}") && (!one.split || !split || one.split === split));
}

/** @param {Panel} panel @param {Row} row @param {boolean} hasModel whether its model is part of it */
function thingOf(panel, row, hasModel) {
  const labels = Object.entries(row.labels).filter(([name]) => hasModel || name !== "model").sort();
  return `${familyOf(panel, row)} ${JSON.stringify(labels)}`;
}

/** @param {Panel} panel @param {Row} row @param {Taken} taken */
function slotOf(panel, row, taken) {
  const { model } = row.labels;
  if (model) return modelSlot(model);
  if (row.role === "threshold" || isAmongModels(panel, row.query)) return OTHER;
  return Math.min(OTHER, placeOf(taken, "things", thingOf(panel, row, true)));
}

/**
 * A model has one hue, and a panel's second thing of each model the second lightness; quantiles have
 * the lightnesses for themselves, and their second thing is dashed. What is grey is told apart alike.
 * @param {Panel} panel @param {Row[]} rows changed @param {Taken} taken changed
 */
export function dress(panel, rows, taken) {
  for (const row of rows) row.slot = slotOf(panel, row, taken);
  const drawn = rows.filter((row) => row.role !== "threshold");
  const kindOf = (/** @type {Row} */ { slot, labels }) => (slot === OTHER ? "others" : labels.model ? "of models" : `${slot}`);
  const places = drawn.map((row) => placeOf(taken, kindOf(row), thingOf(panel, row, row.slot === OTHER)));
  drawn.forEach((row, n) => {
    const quantile = QUANTILES.indexOf(row.role);
    const isAlone = taken.get(kindOf(row))?.length === 1;
    row.shade = quantile >= 0 ? quantile : isAlone ? null : places[n] % SHADES;
    row.dash = (quantile >= 0 ? places[n] : Math.floor(places[n] / SHADES)) % DASHES.length;
  });
}

/** @param {Row} row @param {import("./colours.js").Theme} theme */
export function colourOf(row, theme) {
  return row.shade === null ? theme.series[row.slot] : theme.shades[row.slot][row.shade];
}

/** Strokes and gaps; empty: a line without. @param {Row} row */
export const dashOf = (row) => (row.role === "threshold" ? THRESHOLD_DASH : DASHES[row.dash]);

/** @param {Row} row */
export function lineWidthOf(row) {
  return row.role === "threshold" ? 1 : (WIDTHS[/** @type {"p95"|"p99"} */ (row.role)] ?? 1.5);
}

/** A background of a swatch. @param {string} colour @param {readonly number[]} dash */
export function paintOf(colour, dash) {
  let end = 0;
  const pieces = dash.map((length, n) => `${n % 2 ? "transparent" : colour} ${end}px ${(end += length)}px`);
  return pieces.length ? `repeating-linear-gradient(90deg, ${pieces.join(", ")})` : colour;
}

/** A piece of its line. @param {Row} row @param {import("./colours.js").Theme} theme */
export function swatchOf(row, theme) {
  const swatch = document.createElement("i");
  swatch.className = "swatch";
  swatch.style.background = paintOf(colourOf(row, theme), dashOf(row));
  return swatch;
}
