// @ts-check
// The series of a panel: their names, order, colours and summaries. Pure but for models' colours.

import { OTHER, modelSlot } from "./colours.js";
import { keyOf } from "./frames.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Series} Series */
/** @typedef {import("./frames.js").Shown} Shown */
/**
 * A series as it is drawn. `shade` is which of its hue's lightnesses, null for the hue itself.
 * @typedef {{key: string, name: string, role: string, labels: Record<string, string>,
 *   values: (number|null)[], slot: number, shade: number|null}} Row
 */

const QUANTILES = ["p50", "p95", "p99"];

/** @param {Panel} panel @param {number} place */
export const roleOf = (panel, place) => panel.queries[place]?.role ?? "line";

/** As the query names it, labels filled in; without a name, its labels. @param {Panel} panel @param {Series} series */
export function seriesName(panel, series) {
  const template = panel.queries[series.query]?.name ?? "";
  if (!template) return Object.values(series.labels).filter(Boolean).join(", ");
  return template.replace(/\{(\w+)\}/g, (_, label) => series.labels[label] ?? "").replace(/\s+/g, " ").trim();
}

/**
 * A name in the part that may be cut and the one that tells series of one model apart.
 * @param {Row} row @returns {[string, string]}
 */
export function nameParts({ name, labels }) {
  const { model } = labels;
  return model && name.startsWith(`${model} `) ? [model, name.slice(model.length)] : [name, ""];
}

/**
 * Which colour each thing of a panel has, as long as the page is there.
 * @param {Map<string, number>} taken changed
 * @param {string} thing
 */
function slotOf(taken, thing) {
  const own = taken.get(thing);
  if (own !== undefined) return own;
  const used = new Set(taken.values());
  const free = Array.from({ length: OTHER }, (_, n) => n).find((n) => !used.has(n)) ?? OTHER;
  taken.set(thing, free);
  return free;
}

/**
 * Series of one name, of several machines, with the machine.
 * @param {{one: Series, name: string}[]} named
 */
function toldApart(named) {
  /** @type {Map<string, number>} */
  const count = new Map();
  for (const { name } of named) count.set(name, (count.get(name) ?? 0) + 1);
  return named.map(({ one, name }) => {
    const { instance } = one.labels;
    return { one, name: instance && (count.get(name) ?? 0) > 1 ? `${name} ${instance}` : name };
  });
}

/**
 * @param {Panel} panel @param {Shown} shown @param {Map<string, number>} taken
 * @returns {Row[]} by query, then by name
 */
export function rowsOf(panel, shown, taken) {
  const named = toldApart(shown.series.map((one) => ({ one, name: seriesName(panel, one) })));
  named.sort((a, b) => a.one.query - b.one.query || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const rows = named.map(({ one, name }) => row(panel, one, name, taken));
  const drawn = rows.filter((each) => each.role !== "threshold");
  for (const each of drawn) each.shade = shadeOf(each, drawn);
  return rows;
}

/** @param {Panel} panel @param {Series} one @param {string} name @param {Map<string, number>} taken @returns {Row} */
function row(panel, one, name, taken) {
  const role = roleOf(panel, one.query);
  const thing = QUANTILES.includes(role) ? "" : String(one.query);
  const { model } = one.labels;
  const slot = model
    ? modelSlot(model)
    : role === "threshold" ? OTHER : slotOf(taken, `${thing} ${JSON.stringify(Object.values(one.labels))}`);
  return { key: keyOf(one), name, role, labels: one.labels, values: one.values, slot, shade: null };
}

/** Quantiles are lightnesses of one hue, as are several series of one model. @param {Row} row @param {Row[]} rows */
function shadeOf(row, rows) {
  const quantile = QUANTILES.indexOf(row.role);
  if (quantile >= 0) return quantile;
  if (!row.labels.model) return null;
  const same = rows.filter((one) => one.labels.model === row.labels.model);
  return same.length > 1 ? Math.min(2, same.indexOf(row)) : null;
}

/** @param {Row} row @param {import("./colours.js").Theme} theme */
export function colourOf(row, theme) {
  return row.shade === null ? theme.series[row.slot] : theme.shades[row.slot][row.shade];
}

/** The newest value; one point may be late. @param {(number|null)[]} values @returns {number|null} */
export function lastOf(values) {
  return values[values.length - 1] ?? values[values.length - 2] ?? null;
}

/** Over the range, of the points that there are; null where there is none. @param {(number|null)[]} values */
export function statsOf(values) {
  const there = /** @type {number[]} */ (values.filter((value) => value !== null));
  if (!there.length) return { last: null, mean: null, max: null, p95: null };
  const sorted = there.toSorted((a, b) => a - b);
  const rank = Math.ceil(0.95 * sorted.length) - 1;
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  return { last: lastOf(values), mean, max: sorted[sorted.length - 1], p95: sorted[rank] };
}

/** The instants of what is shown. @param {Shown} shown @returns {number[]} */
export const timesOf = (shown) => Array.from({ length: shown.count }, (_, n) => shown.start + n * shown.step);

/**
 * Each series upon those before it; a gap only where none has a value.
 * @param {(number|null)[][]} columns
 */
export function stacked(columns) {
  const count = columns[0]?.length ?? 0;
  const sum = Array(count).fill(0);
  const isThere = Array.from({ length: count }, (_, n) => columns.some((values) => values[n] !== null));
  return columns.map((values) =>
    values.map((value, n) => {
      sum[n] += value ?? 0;
      return isThere[n] ? sum[n] : null;
    }),
  );
}

/** Whether anything at all can be drawn. @param {Shown} shown */
export const isEmpty = (shown) => !shown.series.some((one) => one.values.some((value) => value !== null));
