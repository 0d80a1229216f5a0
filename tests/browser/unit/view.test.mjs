// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  DEFAULT,
  RANGES,
  isSameData,
  lookOf,
  pointsFor,
  withModel,
  withRange,
  zoomed,
  zoomedOut,
} from "../../../services/dashboard/src/dashboard/static/view.js";

test("a stretch that was drawn backwards is the same stretch", () => {
  const { start, end } = zoomed(DEFAULT, 2000, 1000);
  assert.deepEqual([start, end], [1000, 2000]);
});

test("a stretch that is too short to show anything is widened around its middle", () => {
  const { start, end } = zoomed(DEFAULT, 1000, 1002);
  assert.deepEqual([start, end], [986, 1016]);
});

test("a stretch has whole seconds, none before 1970", () => {
  const { start, end } = zoomed(DEFAULT, 3.4, 4.1);
  assert.equal(start, 0);
  assert.ok(Number.isInteger(end) && Number(end) > 0);
});

test("zooming out goes back to the live range, then to longer ones, and stops at the longest", () => {
  const live = zoomedOut(zoomed(DEFAULT, 1000, 2000), RANGES);
  assert.deepEqual(live, DEFAULT);
  assert.equal(zoomedOut(live, RANGES).seconds, 3600);
  const longest = withRange(DEFAULT, 2_592_000);
  assert.equal(zoomedOut(longest, RANGES), longest);
});

test("a range ends a zoom", () => {
  assert.equal(withRange(zoomed(DEFAULT, 1000, 2000), 300).start, null);
});

test("models are chosen and dropped, each once, at most twenty", () => {
  const two = withModel(withModel(withModel(DEFAULT, "a", true), "b", true), "a", true);
  assert.deepEqual(two.models, ["b", "a"]);
  assert.deepEqual(withModel(two, "b", false).models, ["a"]);
  let many = DEFAULT;
  for (let n = 0; n < 25; n += 1) many = withModel(many, `m${n}`, true);
  assert.equal(many.models.length, 20);
});

test("lines have as many points as their pixels can show", () => {
  const points = [150, 300, 600];
  assert.equal(pointsFor(points, 358), 150);
  assert.equal(pointsFor(points, 600), 300);
  assert.equal(pointsFor(points, 1250), 600);
  assert.equal(pointsFor(points, 4000), 600);
});

test("what is looked at is said as the server reads it", () => {
  assert.deepEqual(lookOf({ ...DEFAULT, models: ["a"], byModel: true, panel: "x" }, 300, ["x"]), {
    type: "look",
    view: { seconds: 900, start: null, end: null, models: ["a"], routing: "", by_model: true, points: 300 },
    panels: ["x"],
  });
});

test("a panel in full width shows the same numbers, another range does not", () => {
  assert.ok(isSameData(DEFAULT, { ...DEFAULT, panel: "x" }));
  assert.ok(!isSameData(DEFAULT, withRange(DEFAULT, 300)));
});
