// @ts-check
// What a tile reads: the newest number of its panel, or why there is none. Pure.

import { isMeasured } from "./series.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Series} Series */
/** @typedef {import("./frames.js").Shown} Shown */
/**
 * `value` null is unknown; `note` says why, or what the number was. `at` is its time.
 * @typedef {{value: number|null, labels: Record<string, string>, at: number|null, note: string,
 *   isStale: boolean}} Reading
 */

const LEAST_STALE_SECONDS = 15;
const STALE_SCRAPES = 4;

/** Since when a sample is too old to be now. @param {number} scrapeSeconds */
export const staleAfter = (scrapeSeconds) =>
  Math.max(LEAST_STALE_SECONDS, STALE_SCRAPES * scrapeSeconds);

/**
 * The tiles to show. One that stands in for another is there where that has nothing to say and it
 * has: the CPU on a machine without a GPU.
 * @param {readonly Panel[]} panels the tiles' panels, in order
 * @param {(id: string) => boolean} hasNumbers
 */
export function placesOf(panels, hasNumbers) {
  const standIns = panels.filter((panel) => panel.instead_of);
  const own = panels.filter((panel) => !panel.instead_of);
  return own.map((panel) => {
    const other = standIns.find((one) => one.instead_of === panel.id);
    return other && !hasNumbers(panel.id) && hasNumbers(other.id) ? other : panel;
  });
}

/** @param {Shown|null} shown */
export function hasNumbers(shown) {
  return !!shown && shown.series.some((series) => series.values.some((value) => value !== null));
}

/** The series that is the tile's number: no threshold. @param {Panel} panel @param {Shown} shown */
function mainSeries(panel, shown) {
  return shown.series.find((one) => isMeasured(panel, one)) ?? null;
}

/**
 * The number of now: of the last point, or of the one before where that is not there yet. Where
 * nothing newer can be known, the newest number that there is, and it is stale.
 * @param {Panel} panel @param {Shown|null} shown null where nothing came yet
 * @param {{now: number, newest: number|null, missing: string, scrapeSeconds: number}} known
 *   `newest` is the time of the newest sample that Prometheus has; `missing` is why it has nothing
 * @returns {Reading}
 */
export function readingOf(panel, shown, { now, newest, missing, scrapeSeconds }) {
  const nothing = { value: null, labels: {}, at: null, note: "", isStale: false };
  if (shown === null) return { ...nothing, note: missing };
  const series = mainSeries(panel, shown);
  const place = series ? series.values.findLastIndex((value) => value !== null) : -1;
  const end = shown.start + (shown.count - 1) * shown.step;
  const isBehind = newest !== null && now - newest > staleAfter(scrapeSeconds);
  const hasEnded = shown.error !== "" || now - end > staleAfter(scrapeSeconds) + shown.step;
  const isLast = place >= shown.count - 2;
  const isStale = hasEnded || (isBehind && !isLast);
  if (series === null || place < 0 || (!isStale && !isLast)) {
    return { ...nothing, note: shown.error || `no data: ${panel.absent}` };
  }
  const { labels, values } = series;
  return { value: values[place], labels, at: shown.start + place * shown.step, note: shown.error, isStale };
}

/**
 * What the table of requests in flight knows of tiles, by their panels. `isBetter`: fresher than
 * any scrape; the others help out where Prometheus has nothing.
 * @param {{count: number, rates: number[]}|null} live null: nobody knows
 * @returns {Record<string, {value: number, isBetter: boolean}>}
 */
export function liveReadings(live) {
  if (live === null) return {};
  const sum = live.rates.reduce((one, other) => one + other, 0);
  const own = { "now-in-flight": { value: live.count, isBetter: true } };
  if (live.rates.length === 0) return own;
  return {
    ...own,
    "now-tokens": { value: sum, isBetter: false },
    "now-decode": { value: sum / live.rates.length, isBetter: false },
  };
}

/**
 * The better one of what Prometheus and the proxy say.
 * @param {Reading} reading @param {{value: number, isBetter: boolean}|undefined} live
 * @returns {Reading}
 */
export function bestOf(reading, live) {
  const isMissing = reading.value === null || reading.isStale;
  if (!live || !(live.isBetter || isMissing)) return reading;
  const note = live.isBetter ? "" : "of the requests in flight";
  return { ...reading, value: live.value, note, isStale: false };
}
