// @ts-check
// What a panel shows, as a table for other programs. Pure, but for `download`.

import { rowsOf, timesOf } from "./series.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./frames.js").Shown} Shown */

/** A name may be anything; one that a spreadsheet would run is made text. @param {string} text */
function cell(text) {
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}

/**
 * A row for each instant, a column for each series; a gap is empty. Values are in base units.
 * @param {Panel} panel @param {Shown} shown
 */
export function csvOf(panel, shown) {
  const rows = rowsOf(panel, shown, new Map());
  const names = rows.map((row) => {
    const name = row.name || panel.title;
    const role = row.role === "line" || name.includes(row.role) ? "" : `${row.role}, `;
    return `${name} (${role}${row.role === "expiry" ? "unix seconds" : panel.unit})`;
  });
  const lines = timesOf(shown).map((time, n) => [
    new Date(time * 1000).toISOString().replace(".000Z", "Z"),
    ...rows.map((row) => (row.values[n] === null ? "" : String(row.values[n]))),
  ]);
  return [["time", ...names.map(cell)], ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

/** @param {string} id @param {[number, number]} range @param {string} ending */
export function fileName(id, range, ending) {
  const stamp = (/** @type {number} */ time) => new Date(time * 1000).toISOString().slice(0, 19).replace(/[-:]/g, "");
  return `${id.replace(/[^\w-]/g, "-")}-${stamp(range[0])}Z-${stamp(range[1])}Z.${ending}`;
}

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
