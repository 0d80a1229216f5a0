// @ts-check
// What comes after the last sample is a guess: it fades, and says how old that sample is.

import { font } from "./font.js";
import { age } from "./format.js";
import { staleAfter } from "./readings.js";
import { isMeasured, lastOf } from "./series.js";

/** @typedef {import("./types.js").Strip} Strip */
/** @typedef {{from: number, text: string}} Behind `from` is when what is known ends: Unix time */

/**
 * Where what is known of the proxy ends, if that is before now.
 * @param {Strip|null} strip @param {number} scrapeSeconds
 * @returns {Behind|null}
 */
export function behindOf(strip, scrapeSeconds) {
  if (!strip || strip.newest === null) return null;
  const late = strip.at - strip.newest;
  return late > staleAfter(scrapeSeconds) ? { from: strip.newest, text: `last sample ${age(late)}` } : null;
}

/**
 * The same of one panel: none where its own newest point is there, for it is of another part.
 * @param {Behind|null} behind @param {import("./types.js").Panel} panel
 * @param {import("./frames.js").Shown|null} shown
 */
export function veilOf(behind, panel, shown) {
  const isFresh = shown?.series.some((one) => isMeasured(panel, one) && lastOf(one.values) !== null);
  return isFresh ? null : behind;
}

/** @param {any} u uPlot @param {Behind} behind @param {import("./colours.js").Theme} theme @param {number} ratio of pixels */
export function drawVeil(u, { from, text }, theme, ratio) {
  const { ctx, bbox } = u;
  const left = Math.max(bbox.left, u.valToPos(from, "x", true));
  const width = bbox.left + bbox.width - left;
  if (width <= 0) return;
  ctx.save();
  ctx.globalAlpha = 0.8;
  ctx.fillStyle = theme.paper;
  ctx.fillRect(left, bbox.top, width, bbox.height);
  ctx.globalAlpha = 0.14;
  ctx.fillStyle = theme.quiet;
  ctx.fillRect(left, bbox.top, width, bbox.height);
  ctx.globalAlpha = 1;
  ctx.font = font(ratio);
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  ctx.fillStyle = theme.ink;
  ctx.fillText(text, bbox.left + bbox.width, bbox.top - 4 * ratio);
  ctx.restore();
}
