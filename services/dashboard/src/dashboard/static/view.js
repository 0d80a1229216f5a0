// @ts-check
// What is looked at, and how it changes. Pure. Units: seconds; `start` and `end` are Unix time.

/** @typedef {import("./types.js").Range} Range */
/**
 * Live where `start` is null: the last `seconds`. `models` empty: all. `panel` is open full width.
 * @typedef {{seconds: number, start: number|null, end: number|null, models: string[],
 *   routing: string, byModel: boolean, panel: string|null}} View
 */

/** As the server has them, views.py. @type {readonly Range[]} */
export const RANGES = Object.freeze([
  { label: "5 m", seconds: 300 },
  { label: "15 m", seconds: 900 },
  { label: "1 h", seconds: 3600 },
  { label: "6 h", seconds: 21_600 },
  { label: "24 h", seconds: 86_400 },
  { label: "7 d", seconds: 604_800 },
  { label: "30 d", seconds: 2_592_000 },
]);
export const ROUTINGS = Object.freeze(["", "direct", "portkey"]);
export const MOST_MODELS = 20;
export const MOST_SECONDS = 400 * 86_400;
/** A zoom into less would show a handful of points. */
const LEAST_SECONDS = 30;

/** @type {Readonly<View>} */
export const DEFAULT = Object.freeze({
  seconds: 900,
  start: null,
  end: null,
  models: [],
  routing: "",
  byModel: false,
  panel: null,
});

/** @param {{kind?: string}} panel Whether it shows the stretch of tiles, whatever the view. */
export const isTile = ({ kind }) => kind === "tile";

/** @param {View} view */
export const isLive = (view) => view.start === null;

/** @param {View} view @param {number} seconds @returns {View} */
export const withRange = (view, seconds) => ({ ...view, seconds, start: null, end: null });

/**
 * The stretch that was drawn over, widened where it is too short.
 * @param {View} view @param {number} start @param {number} end @returns {View}
 */
export function zoomed(view, start, end) {
  const [low, high] = start <= end ? [start, end] : [end, start];
  const length = Math.min(Math.max(high - low, LEAST_SECONDS), MOST_SECONDS);
  const first = Math.max(0, Math.floor((low + high - length) / 2));
  return { ...view, start: first, end: first + Math.ceil(length) };
}

/**
 * Back to the live range, or from that to the next longer one.
 * @param {View} view @param {readonly Range[]} ranges @returns {View}
 */
export function zoomedOut(view, ranges) {
  if (!isLive(view)) return withRange(view, view.seconds);
  const longer = ranges.find((range) => range.seconds > view.seconds);
  return longer ? withRange(view, longer.seconds) : view;
}

/** @param {View} view @param {string} model @param {boolean} isWanted @returns {View} */
export function withModel(view, model, isWanted) {
  const others = view.models.filter((one) => one !== model);
  return { ...view, models: isWanted ? [...others, model].slice(0, MOST_MODELS) : others };
}

/**
 * How many points lines have: more than there are pixels would not be seen.
 * @param {readonly number[]} points those there are, ascending
 * @param {number} pixels the width of a chart
 */
export function pointsFor(points, pixels) {
  return points.find((count) => count * 2.5 >= pixels) ?? points[points.length - 1];
}

/**
 * As the server reads it. @param {View} view @param {number} points @param {string[]} panels
 */
export function lookOf(view, points, panels) {
  const { seconds, start, end, models, routing } = view;
  return {
    type: "look",
    view: { seconds, start, end, models, routing, by_model: view.byModel, points },
    panels,
  };
}

/** @param {View} one @param {View} other Whether both show the same numbers. */
export function isSameData(one, other) {
  const bare = (/** @type {View} */ view) => JSON.stringify({ ...view, panel: null });
  return bare(one) === bare(other);
}
