// @ts-check
// Keeps what frames brought: for each view and panel, columns of numbers on one grid. Pure.

/** @typedef {import("./types.js").Series} Series */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").PanelFrame} PanelFrame */
/**
 * What a panel shows: `count` points from `start`, `step` apart. Never changed once it is made, so
 * that what is drawn and what came since are two. Units: seconds, Unix time.
 * @typedef {{start: number, step: number, count: number, series: Series[], exprs: string[],
 *   error: string, remedy: string, left_out: number}} Shown
 */

export class Frames {
  constructor() {
    /** The keys of the view and of its tiles; empty before the first `viewing`. */
    this.view = "";
    this.tiles = "";
    /** @type {Map<string, Map<string, Shown>>} */
    this._views = new Map();
  }

  /** @param {import("./types.js").Message} message those that are no frames change nothing */
  apply(message) {
    if (message.type === "viewing") this._begin(message.view, message.tiles);
    if (message.type !== "frame") return;
    const panels = this._views.get(message.view);
    if (!panels) return;
    for (const part of message.panels) {
      const made = message.is_whole
        ? whole(message, part)
        : appended(panels.get(part.id), message, part);
      if (made) panels.set(part.id, made);
    }
  }

  /** @param {string} view @param {string} id @returns {Shown|null} null: nothing came yet */
  panel(view, id) {
    return this._views.get(view)?.get(id) ?? null;
  }

  /** Of the view that is shown, or of its tiles. @param {string} id @param {boolean} isTile */
  shown(id, isTile) {
    return this.panel(isTile ? this.tiles : this.view, id);
  }

  /** As it is now, while this one goes on: what a panel shows never changes, so that maps are all of it. */
  copy() {
    const copy = new Frames();
    [copy.view, copy.tiles] = [this.view, this.tiles];
    for (const [key, panels] of this._views) copy._views.set(key, new Map(panels));
    return copy;
  }

  /** Forget other views: their frames are leftovers. @param {string} view @param {string} tiles */
  _begin(view, tiles) {
    this.view = view;
    this.tiles = tiles;
    for (const key of this._views.keys()) if (key !== view && key !== tiles) this._views.delete(key);
    for (const key of [view, tiles]) if (!this._views.has(key)) this._views.set(key, new Map());
  }
}

/** @param {Frame} frame @param {PanelFrame} part @returns {Shown} */
function whole(frame, part) {
  const { start, step, count } = frame;
  const series = part.series.map((one) => ({ ...one, values: fitted(one.values, count) }));
  return { start, step, count, series, ...said(part, []) };
}

/** @param {PanelFrame} part @param {string[]} exprs those of before, which appended points have not */
function said(part, exprs) {
  return {
    exprs: part.exprs?.length ? part.exprs : exprs,
    error: part.error ?? "",
    remedy: part.remedy ?? "",
    left_out: part.left_out ?? 0,
  };
}

/** @param {(number|null)[]} values @param {number} count */
function fitted(values, count) {
  const missing = count - values.length;
  return missing > 0 ? [...values, ...Array(missing).fill(null)] : values.slice(0, count);
}

/** The last instant of what is shown. @param {Shown} shown */
export const endOf = ({ start, step, count }) => start + (count - 1) * step;

/** Without what came after an instant; null where all did. @param {Shown} shown @param {number} end @returns {Shown|null} */
export function upTo(shown, end) {
  const count = Math.min(shown.count, Math.floor((end - shown.start) / shown.step + 1e-9) + 1);
  if (count < 1) return null;
  return { ...shown, count, series: shown.series.map((one) => ({ ...one, values: one.values.slice(0, count) })) };
}

/** What tells one series of a panel from another. @param {Series} series */
export function keyOf(series) {
  const labels = Object.entries(series.labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${series.query} ${JSON.stringify(labels)}`;
}

/**
 * With points at the end, and as many gone at the beginning. Points that are there already are
 * replaced, those between are gaps, and what a failed query leaves stays until the next answer.
 * @param {Shown|undefined} old @param {Frame} frame @param {PanelFrame} part
 * @returns {Shown|null} null where there is nothing to add to
 */
export function appended(old, frame, part) {
  if (!old || frame.step !== old.step) return null;
  const told = said(part, old.exprs);
  if (told.error) return { ...old, ...told };
  const first = Math.round((frame.start - old.start) / old.step);
  if (first < 0) return null;
  const end = Math.max(old.count, first + frame.count);
  const gone = end - old.count;
  const fresh = new Map(part.series.map((one) => [keyOf(one), one]));
  /** @type {Series[]} */
  const series = [];
  const join = (/** @type {Series} */ one, /** @type {(number|null)[]} */ before) => {
    const added = fresh.get(keyOf(one))?.values ?? [];
    const values = fitted(before.slice(0, first), first).concat(fitted(added, frame.count));
    const all = fitted(values.concat(before.slice(values.length)), end).slice(gone);
    if (all.some((value) => value !== null)) series.push({ ...one, values: all });
    fresh.delete(keyOf(one));
  };
  for (const one of old.series) join(one, one.values);
  for (const one of [...fresh.values()]) join(one, []);
  return { ...old, start: old.start + gone * old.step, series, ...told };
}
