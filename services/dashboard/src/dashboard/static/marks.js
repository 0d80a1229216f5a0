// @ts-check
// Marks: what happened, as thin vertical lines through every chart. Where a series of a panel of
// the kind `marks` rises above 0, there is one.

import { font } from "./font.js";
import { seriesName } from "./series.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./frames.js").Shown} Shown */
/** @typedef {"alert"|"run"|"load"} Sort */
/** @typedef {{time: number, text: string, sort: Sort}} Mark */

const GLYPHS = Object.freeze({ alert: "!", run: "▸", load: "▾" });
/** Marks closer than this are one, in CSS pixels. */
export const NEAR = 7;

/** @param {string} id of a panel or a name of a query @returns {Sort} */
function sortOf(id) {
  if (/alert/i.test(id)) return "alert";
  return /traffic|run/i.test(id) ? "run" : "load";
}

/** @param {Panel} panel @param {Shown} shown @returns {Mark[]} */
export function marksOf(panel, shown) {
  /** @type {Mark[]} */
  const marks = [];
  for (const series of shown.series) {
    const name = seriesName(panel, series);
    const text = name ? `${panel.title}: ${name}` : panel.title;
    const sort = sortOf(`${panel.id} ${panel.queries[series.query]?.name ?? ""}`);
    series.values.forEach((value, n) => {
      // what was there at the first point began before
      if (n > 0 && (value ?? 0) > 0 && !((series.values[n - 1] ?? 0) > 0)) {
        marks.push({ time: shown.start + n * shown.step, text, sort });
      }
    });
  }
  return marks.sort((one, other) => one.time - other.time);
}

/** The marks of all panels of the kind. @param {Panel[]} panels @param {(id: string) => Shown|null} shownOf @returns {Mark[]} */
export function allMarks(panels, shownOf) {
  const marks = panels.filter(({ kind }) => kind === "marks").flatMap((panel) => {
    const shown = shownOf(panel.id);
    return shown ? marksOf(panel, shown) : [];
  });
  return marks.sort((one, other) => one.time - other.time);
}

/**
 * Those that would lie upon one another, as one.
 * @param {Mark[]} marks by time @param {(time: number) => number} toPixels
 * @returns {{x: number, marks: Mark[]}[]}
 */
export function clustered(marks, toPixels) {
  /** @type {{x: number, marks: Mark[]}[]} */
  const clusters = [];
  for (const mark of marks) {
    const x = toPixels(mark.time);
    const last = clusters[clusters.length - 1];
    if (last && x - last.x < NEAR) last.marks.push(mark);
    else clusters.push({ x, marks: [mark] });
  }
  return clusters;
}

/** What a cluster says. @param {Mark[]} marks */
export function sentence(marks) {
  const texts = [...new Set(marks.map((mark) => `${GLYPHS[mark.sort]} ${mark.text}`))];
  const more = texts.length > 3 ? [`and ${texts.length - 3} more`] : [];
  return [...texts.slice(0, 3), ...more].join("\n");
}

/** The glyph of a cluster: that of the gravest. @param {Mark[]} marks */
function gravest(marks) {
  const sorts = new Set(marks.map((mark) => mark.sort));
  return /** @type {Sort} */ (["alert", "run", "load"].find((sort) => sorts.has(/** @type {Sort} */ (sort))));
}

/**
 * Draw them: a line through the plot and the glyph above it.
 * @param {any} u uPlot @param {{x: number, marks: Mark[]}[]} clusters x in CSS pixels of the plot
 * @param {import("./colours.js").Theme} theme @param {number} ratio of pixels
 */
export function drawMarks(u, clusters, theme, ratio) {
  if (!clusters.length) return;
  const { ctx, bbox } = u;
  ctx.save();
  ctx.setLineDash([]);
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  ctx.font = font(ratio, "600");
  ctx.lineWidth = ratio;
  for (const { x, marks } of clusters) {
    const at = Math.round(bbox.left + x * ratio) + 0.5;
    if (at < bbox.left - 1 || at > bbox.left + bbox.width + 1) continue;
    const sort = gravest(marks);
    ctx.strokeStyle = ctx.fillStyle = sort === "alert" ? theme.red : theme.quiet;
    ctx.globalAlpha = 0.55;
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.fillText(GLYPHS[sort], at, bbox.top - ratio);
  }
  ctx.restore();
}
