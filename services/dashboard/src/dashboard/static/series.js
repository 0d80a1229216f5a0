// @ts-check
// The series of a panel: their names, order, looks and summaries. Pure but for models' colours.

import { keyOf } from "./frames.js";
import { dress } from "./styles.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Series} Series */
/** @typedef {import("./frames.js").Shown} Shown */
/**
 * A series as it is drawn. `shade` is which of its hue's lightnesses, null for the hue itself, and
 * `dash` which of the dashes, 0 for none.
 * @typedef {{key: string, name: string, query: number, role: string, labels: Record<string, string>,
 *   values: (number|null)[], slot: number, shade: number|null, dash: number}} Row
 */

/** @param {Panel} panel @param {number} place */
export const roleOf = (panel, place) => panel.queries[place]?.role ?? "line";

/** Whether it was measured: a threshold was set. @param {Panel} panel @param {Series} series */
export const isMeasured = (panel, { query }) => roleOf(panel, query) !== "threshold";

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
 * @param {Panel} panel @param {Shown} shown @param {import("./styles.js").Taken} taken
 * @returns {Row[]} by query, then by name
 */
export function rowsOf(panel, shown, taken) {
  const named = toldApart(shown.series.map((one) => ({ one, name: seriesName(panel, one) })));
  named.sort((a, b) => a.one.query - b.one.query || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const rows = named.map(({ one, name }) => row(panel, one, name));
  dress(panel, rows, taken);
  return rows;
}

/** Without its looks. @param {Panel} panel @param {Series} one @param {string} name @returns {Row} */
function row(panel, one, name) {
  const { query, labels, values } = one;
  return { key: keyOf(one), name, query, role: roleOf(panel, query), labels, values, slot: 0, shade: null, dash: 0 };
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

/** Whether nothing was measured: a threshold alone says nothing. @param {Panel} panel @param {Shown} shown */
export const isEmpty = (panel, shown) =>
  !shown.series.some((one) => isMeasured(panel, one) && one.values.some((value) => value !== null));
