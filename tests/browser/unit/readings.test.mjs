// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bestOf,
  hasNumbers,
  liveReadings,
  placesOf,
  readingOf,
} from "../../../services/dashboard/src/dashboard/static/readings.js";

const panel = (/** @type {string} */ id, more = {}) =>
  /** @type {any} */ ({ id, title: id, unit: "count", absent: "nobody asked", queries: [{}], ...more });
const held = (/** @type {(number|null)[]} */ values, more = {}) => ({
  start: 100,
  step: 10,
  count: values.length,
  series: [{ query: 0, labels: {}, values }],
  exprs: [],
  error: "",
  remedy: "",
  left_out: 0,
  ...more,
});
const known = (/** @type {number} */ now, /** @type {number|null} */ newest = null) => ({
  now,
  newest,
  missing: "",
  scrapeSeconds: 5,
});

test("the number is of the last point", () => {
  const reading = readingOf(panel("a"), held([1, 2, 3]), known(122));
  assert.deepEqual([reading.value, reading.at, reading.isStale], [3, 120, false]);
});

test("the last point may be on its way", () => {
  assert.equal(readingOf(panel("a"), held([1, 2, null]), known(122)).value, 2);
});

test("a gap is unknown, with the likely reason, and never the number of before", () => {
  const reading = readingOf(panel("a"), held([1, null, null]), known(122));
  assert.deepEqual([reading.value, reading.note], [null, "no data: nobody asked"]);
});

test("0 is a number", () => {
  assert.equal(readingOf(panel("a"), held([1, 0]), known(112)).value, 0);
});

test("nothing came yet: nothing is claimed", () => {
  assert.equal(readingOf(panel("a"), null, known(1)).note, "");
  const gone = { ...known(1), missing: "needs Prometheus, which is down" };
  assert.equal(readingOf(panel("a"), null, gone).note, "needs Prometheus, which is down");
});

test("points that end in the past are stale, and so is what a failed query left", () => {
  assert.equal(readingOf(panel("a"), held([1, 2]), known(200)).isStale, true);
  const failed = readingOf(panel("a"), held([1, 2], { error: "too slow" }), known(112));
  assert.deepEqual([failed.value, failed.isStale, failed.note], [2, true, "too slow"]);
});

test("where Prometheus is behind the newest number stays, with its age", () => {
  const reading = readingOf(panel("a"), held([1, null, null, null, null, null]), known(152, 101));
  assert.deepEqual([reading.value, reading.at, reading.isStale], [1, 100, true]);
});

test("what comes of elsewhere is fresh while the proxy's samples are old", () => {
  assert.equal(readingOf(panel("a"), held([1, 2]), known(112, 10)).isStale, false);
});

test("a threshold is not the number", () => {
  const two = panel("a", { queries: [{ role: "threshold" }, {}] });
  const both = held([], {
    count: 1,
    series: [
      { query: 0, labels: {}, values: [9] },
      { query: 1, labels: {}, values: [4] },
    ],
  });
  assert.equal(readingOf(two, both, known(100)).value, 4);
});

test("a tile stands in for another only where that has nothing and it has", () => {
  const panels = [panel("now-power"), panel("now-cpu", { instead_of: "now-power" })];
  const ids = (/** @type {string[]} */ ones) => placesOf(panels, (id) => ones.includes(id)).map(({ id }) => id);
  assert.deepEqual(ids(["now-power", "now-cpu"]), ["now-power"]);
  assert.deepEqual(ids(["now-cpu"]), ["now-cpu"]);
  assert.deepEqual(ids([]), ["now-power"]);
});

test("only numbers count as numbers", () => {
  assert.equal(hasNumbers(null), false);
  assert.equal(hasNumbers(held([null, null])), false);
  assert.equal(hasNumbers(held([null, 0])), true);
});

test("the table of requests is fresher than a scrape, and helps out where there is none", () => {
  const live = liveReadings({ count: 3, rates: [10, 30] });
  const fresh = { value: 50, labels: {}, at: 1, note: "", isStale: false };
  assert.equal(bestOf(fresh, live["now-in-flight"]).value, 3);
  assert.equal(bestOf(fresh, live["now-tokens"]).value, 50);
  assert.equal(bestOf({ ...fresh, value: null }, live["now-tokens"]).value, 40);
  assert.equal(bestOf({ ...fresh, isStale: true }, live["now-decode"]).value, 20);
  assert.equal(bestOf(fresh, undefined), fresh);
});

test("nobody knows: the table claims nothing", () => {
  assert.deepEqual(liveReadings(null), {});
  assert.deepEqual(Object.keys(liveReadings({ count: 0, rates: [] })), ["now-in-flight"]);
});
