// @ts-check
// What is shown while the view is held: what there was then. Of panels that nobody looked at then it
// is what comes, up to the same instant. Pure.

import { endOf, upTo } from "./frames.js";

/** @typedef {import("./frames.js").Frames} Frames */
/** @typedef {import("./frames.js").Shown} Shown */

/** A panel that lacks less than this share of its stretch was looked at, and is what there was. */
const LATE = 0.05;

export class Held {
  /** @param {Frames} frames which go on @param {number} end Unix time of the newest point */
  constructor(frames, end) {
    this._then = frames.copy();
    this._now = frames;
    this._end = end;
    /** @type {Map<string, Shown>} */
    this._late = new Map();
  }

  /** @param {string} id @param {boolean} isTile @returns {Shown|null} */
  shown(id, isTile) {
    const then = this._then.shown(id, isTile);
    if (then && endOf(then) >= this._end - LATE * then.count * then.step) return then;
    const came = this._now.shown(id, isTile);
    const cut = came && came !== then && !this._late.has(id) ? upTo(came, this._end) : null;
    if (cut) this._late.set(id, cut);
    return this._late.get(id) ?? then;
  }
}
