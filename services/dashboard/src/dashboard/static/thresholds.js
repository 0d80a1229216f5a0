// @ts-check
// The words of dashed lines: objectives and limits.

import { font } from "./font.js";
import { lastOf } from "./series.js";
import { uPlot } from "./uplot.js";

/** @typedef {import("./series.js").Row} Row */

/** More than so many words are a clutter: then it is what all of them say, once. */
const FEW = 2;
const HEIGHT = 18;
/** One of a line above the axis stands above the chart, beside the unit. */
const OUT = 24;

/** The words with which all names end. @param {string[]} names */
export function commonEnd(names) {
  const words = names.map((name) => name.split(" ").reverse());
  const count = words[0].findIndex((word, n) => words.some((other) => other[n] !== word));
  return words[0].slice(0, count < 0 ? undefined : count).reverse().join(" ");
}

/**
 * Whether words would cover one another: each stands above its line, or under it near the top.
 * @param {number[]} lines from the top, ascending or not, in pixels
 */
export function areCrowded(lines) {
  const tops = lines.map((line) => (line >= 0 && line < HEIGHT ? line : Math.max(0, line) - HEIGHT)).sort((a, b) => a - b);
  return tops.some((top, n) => n > 0 && top - tops[n - 1] < HEIGHT);
}

/**
 * A word at each dashed line; of one above the axis, that it is there.
 * @param {any} u uPlot @param {Row[]} rows @param {import("./colours.js").Theme} theme
 * @param {(row: Row, value: number|null) => string} textOf
 */
export function drawWords(u, rows, theme, textOf) {
  const { ctx, bbox } = u;
  const ratio = uPlot.pxRatio;
  const lines = rows.filter((row) => row.role === "threshold" && lastOf(row.values) !== null);
  const tops = lines.map((row) => u.valToPos(lastOf(row.values), "y", true));
  const isMany = lines.length > FEW || areCrowded(tops.map((top) => (top - bbox.top) / ratio));
  ctx.save();
  ctx.setLineDash([]);
  ctx.font = font(ratio);
  ctx.textAlign = "left";
  ctx.lineWidth = 3 * ratio;
  ctx.strokeStyle = theme.paper;
  ctx.fillStyle = theme.ink;
  lines.forEach((row, n) => {
    if (isMany && n !== tops.indexOf(Math.min(...tops))) return;
    const isOut = tops[n] < bbox.top;
    const isUnder = !isOut && tops[n] - bbox.top < HEIGHT * ratio;
    const said = isMany ? commonEnd(lines.map(({ name }) => name)) : `${row.name} ${textOf(row, lastOf(row.values))}`;
    const text = isOut ? `${said} ↑` : said;
    const at = [bbox.left + (isOut ? OUT : 4) * ratio, Math.max(bbox.top, tops[n]) + (isUnder ? 3 : -2) * ratio];
    ctx.textBaseline = isUnder ? "top" : "bottom";
    ctx.strokeText(text, ...at);
    ctx.fillText(text, ...at);
  });
  ctx.restore();
}
