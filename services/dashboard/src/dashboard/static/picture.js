// @ts-check
// A panel as a picture: with its title, its time, its legend, and a mark where values are made up.

import { font } from "./font.js";
import { moment, span } from "./format.js";

/** @typedef {{text: string, colour: string, dash: number[]}} Entry of the legend; without a colour it has no swatch */

const SPACE = 24;
const LINE = 22;
const SWATCH = 16;
const HEAD = 76;
const DEMO = "demo data";

/**
 * Words upon lines that are not too long.
 * @param {number[]} widths of the words @param {number} most
 * @returns {{x: number, line: number}[]}
 */
export function wrapped(widths, most) {
  let [x, line] = [0, 0];
  return widths.map((width) => {
    if (x > 0 && x + width > most) [x, line] = [0, line + 1];
    const place = { x, line };
    x += width;
    return place;
  });
}

/**
 * @param {{panel: import("./types.js").Panel, chart: any, stage: import("./plot.js").Stage,
 *   isDemo: boolean}} what
 * @returns {Promise<Blob>}
 */
export function pictureOf({ panel, chart, stage, isDemo }) {
  const source = /** @type {HTMLCanvasElement} */ (chart.u.ctx.canvas);
  const scale = Math.max(2, devicePixelRatio);
  const width = Math.max(chart.u.width, 480) + 2 * SPACE;
  const canvas = document.createElement("canvas");
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {Entry[]} */
  const legend = chart.legend();
  ctx.font = font();
  const places = wrapped(
    legend.map(({ text }) => ctx.measureText(text).width + SWATCH + 28),
    width - 2 * SPACE,
  );
  const lines = places.length ? places[places.length - 1].line + 1 : 0;
  const height = HEAD + chart.u.height + 12 + lines * LINE + SPACE;
  [canvas.width, canvas.height] = [width * scale, height * scale];
  ctx.scale(scale, scale);
  ctx.fillStyle = stage.theme.paper;
  ctx.fillRect(0, 0, width, height);
  const title = chart.unit ? `${panel.title} (${chart.unit})` : panel.title;
  heading(ctx, width, title, stage, isDemo);
  ctx.drawImage(source, SPACE, HEAD, chart.u.width, chart.u.height);
  ctx.font = font();
  ctx.fillStyle = stage.theme.ink;
  legend.forEach((entry, n) => {
    const [x, y] = [SPACE + places[n].x, HEAD + chart.u.height + 24 + places[n].line * LINE];
    if (entry.colour) drawSwatch(ctx, entry, x, y - 4);
    ctx.fillText(entry.text, x + (entry.colour ? SWATCH + 6 : 0), y);
  });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no picture"))), "image/png");
  });
}

/** @param {CanvasRenderingContext2D} ctx @param {Entry} entry @param {number} x @param {number} y */
function drawSwatch(ctx, { colour, dash }, x, y) {
  ctx.save();
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 3;
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x + SWATCH, y);
  ctx.stroke();
  ctx.restore();
}

/**
 * @param {CanvasRenderingContext2D} ctx @param {number} width @param {string} title
 * @param {import("./plot.js").Stage} stage @param {boolean} isDemo
 */
function heading(ctx, width, title, stage, isDemo) {
  const [start, end] = stage.range;
  ctx.fillStyle = stage.theme.ink;
  ctx.font = "600 16px system-ui, sans-serif";
  ctx.fillText(title, SPACE, 34, width - 2 * SPACE - (isDemo ? 120 : 0));
  ctx.font = font();
  ctx.fillStyle = stage.theme.quiet;
  ctx.fillText(`${moment(start)} to ${moment(end)}: ${span(end - start)}`, SPACE, 58);
  if (!isDemo) return;
  ctx.font = font(1, "600");
  const wide = ctx.measureText(DEMO).width + 16;
  ctx.strokeStyle = ctx.fillStyle = stage.theme.ink;
  ctx.strokeRect(width - SPACE - wide, 18, wide, 24);
  ctx.fillText(DEMO, width - SPACE - wide + 8, 34);
}
