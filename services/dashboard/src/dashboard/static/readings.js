// @ts-check
// What a tile reads: the newest number of its panel, or why there is none. Pure.

import { isMeasured } from "./series.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Series} Series */
/** @typedef {import("./frames.js").Shown} Held */
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
  const shown = panels.filter((panel) => !panel.instead_of);
  return shown.map((panel) => {
    const other = standIns.find((one) => one.instead_of === panel.id);
    return other && !hasNumbers(panel.id) && hasNumbers(other.id) ? other : panel;
  });
}

/** @param {Held|null} held */
export function hasNumbers(held) {
  return !!held && held.series.some((series) => series.values.some((value) => value !== null));
}

/** The series that is the tile's number: no threshold. @param {Panel} panel @param {Held} held */
export function mainSeries(panel, held) {
  return held.series.find((one) => isMeasured(panel, one)) ?? null;
}

/**
 * The number of now: of the last point, or of the one before where that is not there yet. Where
 * nothing newer can be known, the newest number that there is, and it is stale.
 * @param {Panel} panel @param {Held|null} held null where nothing came yet
 * @param {{now: number, newest: number|null, missing: string, scrapeSeconds: number}} known
 *   `newest` is the time of the newest sample that Prometheus has; `missing` is why it has nothing
 * @returns {Reading}
 */
export function readingOf(panel, held, { now, newest: sampled, missing, scrapeSeconds }) {
  const nothing = { value: null, labels: {}, at: null, note: "", isStale: false };
  if (held === null) return { ...nothing, note: missing };
  const series = mainSeries(panel, held);
  const place = series ? newest(series.values) : -1;
  const end = held.start + (held.count - 1) * held.step;
  const isBehind = sampled !== null && now - sampled > staleAfter(scrapeSeconds);
  const hasEnded = held.error !== "" || now - end > staleAfter(scrapeSeconds) + held.step;
  const isLast = place >= held.count - 2;
  const isStale = hasEnded || (isBehind && !isLast);
  if (series === null || place < 0 || (!isStale && !isLast)) {
    return { ...nothing, note: held.error || `no data: ${panel.absent}` };
  }
  const { labels, values } = series;
  return { value: values[place], labels, at: held.start + place * held.step, note: held.error, isStale };
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

/** The place of the newest number; -1 where there is none. @param {(number|null)[]} values */
function newest(values) {
  for (let place = values.length - 1; place >= 0; place -= 1) {
    if (values[place] !== null) return place;
  }
  return -1;
}
