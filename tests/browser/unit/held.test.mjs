import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames, upTo } from "../../../services/dashboard/src/dashboard/static/frames.js";
import { Held } from "../../../services/dashboard/src/dashboard/static/held.js";

const series = (values) => [{ query: 0, labels: {}, values }];
const frame = (id, start, values, more = {}) => ({
  type: "frame", view: "v", is_whole: true, start, step: 5, count: values.length, panels: [{ id, series: series(values) }], ...more,
});
const made = (...messages) => {
  const frames = new Frames();
  for (const message of [{ type: "viewing", view: "v", tiles: "t" }, ...messages]) frames.apply(message);
  return frames;
};
const values = (shown) => shown?.series[0].values;

test("what is held stays, whatever comes and whatever else is looked at", () => {
  const frames = made(frame("p", 100, [1, 2, 3]));
  const held = new Held(frames, 110);
  const before = held.shown("p", false);
  frames.apply(frame("p", 115, [4], { is_whole: false }));
  assert.equal(held.shown("p", false), before);
  assert.deepEqual(values(frames.shown("p", false)), [2, 3, 4]);
  frames.apply({ type: "viewing", view: "w", tiles: "t" });
  assert.equal(held.shown("p", false), before);
});

test("a panel that nobody looked at comes later, up to the instant that is held, and stays", () => {
  const frames = made(frame("p", 100, [1, 2, 3]));
  const held = new Held(frames, 110);
  assert.equal(held.shown("q", false), null);
  frames.apply(frame("q", 105, [5, 6, 7, 8]));
  const late = held.shown("q", false);
  assert.deepEqual(values(late), [5, 6]);
  frames.apply(frame("q", 125, [9], { is_whole: false }));
  assert.equal(held.shown("q", false), late);
});

test("a panel that was looked at long before is brought up to the instant that is held", () => {
  const frames = made(frame("p", 100, [1, 2, 3]), frame("q", 0, [1, 1]));
  const held = new Held(frames, 110);
  assert.deepEqual(values(held.shown("q", false)), [1, 1]);
  frames.apply(frame("q", 100, [5, 6, 7, 8]));
  assert.deepEqual(values(held.shown("q", false)), [5, 6, 7]);
});

test("tiles are of their own view", () => {
  const frames = made(frame("p", 100, [1, 2, 3]), frame("tile", 100, [7, 8, 9], { view: "t" }));
  const held = new Held(frames, 110);
  assert.deepEqual(values(held.shown("tile", true)), [7, 8, 9]);
  assert.equal(held.shown("tile", false), null);
});

test("nothing is left of what came later altogether", () => {
  const shown = { start: 100, step: 5, count: 2, series: series([1, 2]), exprs: [], error: "", remedy: "", left_out: 0 };
  assert.equal(upTo(shown, 99), null);
  assert.deepEqual([upTo(shown, 104).count, upTo(shown, 1000).count], [1, 2]);
});
