// @ts-check
// The small line of a tile: no axes, gaps are gaps.

import { readTheme } from "./colours.js";
import { rowsOf } from "./series.js";
import { colourOf } from "./styles.js";

/** @typedef {import("./frames.js").Shown} Shown */

const LINE = 1.5;

/**
 * The strokes of a line: points of each stretch without a gap, from zero at the bottom.
 * @param {(number|null)[]} values @param {number} most @param {number} width @param {number} height
 * @returns {[number, number][][]}
 */
export function strokesOf(values, most, width, height) {
  /** @type {[number, number][][]} */
  const strokes = [];
  const [stride, room] = [width / Math.max(1, values.length - 1), height - 2 * LINE];
  values.forEach((value, n) => {
    if (value === null) return;
    const y = LINE + room * (1 - Math.max(0, value) / (most > 0 ? most : 1));
    if (n === 0 || values[n - 1] === null) strokes.push([]);
    strokes[strokes.length - 1].push([n * stride, y]);
  });
  return strokes;
}

export class Spark {
  /** @param {HTMLElement} element @param {import("./types.js").Panel} panel */
  constructor(element, panel) {
    this._panel = panel;
    this._canvas = document.createElement("canvas");
    this._canvas.className = "spark";
    this._canvas.setAttribute("aria-hidden", "true");
    element.append(this._canvas);
    this._taken = new Map();
    /** @type {Shown|null} */
    this._shown = null;
    this._theme = readTheme();
    this._request = 0;
    this._sizes = new ResizeObserver(() => this._schedule());
    this._sizes.observe(this._canvas);
  }

  /** @param {Shown|null} shown */
  update(shown) {
    if (shown === this._shown) return;
    this._shown = shown;
    this._schedule();
  }

  setTheme() {
    this._theme = readTheme();
    this._schedule();
  }

  destroy() {
    cancelAnimationFrame(this._request);
    this._sizes.disconnect();
    this._canvas.remove();
  }

  _schedule() {
    this._request ||= requestAnimationFrame(() => {
      this._request = 0;
      this._draw();
    });
  }

  _draw() {
    const canvas = this._canvas;
    const ctx = canvas.getContext("2d");
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!ctx || !width) return;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    ctx.scale(devicePixelRatio, devicePixelRatio);
    const all = this._shown ? rowsOf(this._panel, this._shown, this._taken) : [];
    const rows = all.filter((row) => row.role !== "threshold");
    const most = Math.max(0, ...rows.flatMap((row) => row.values.map((value) => value ?? 0)));
    ctx.lineWidth = LINE;
    ctx.lineJoin = "round";
    for (const row of rows) {
      ctx.strokeStyle = ctx.fillStyle = colourOf(row, this._theme);
      for (const stroke of strokesOf(row.values, most, width, height)) drawStroke(ctx, stroke);
    }
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {[number, number][]} stroke */
function drawStroke(ctx, stroke) {
  const [[x, y]] = stroke;
  if (stroke.length === 1) {
    ctx.fillRect(x - 1.5, y - LINE / 2, 3, LINE);
    return;
  }
  ctx.beginPath();
  ctx.moveTo(x, y);
  for (const [nextX, nextY] of stroke.slice(1)) ctx.lineTo(nextX, nextY);
  ctx.stroke();
}
