import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames } from "../../../services/dashboard/src/dashboard/static/frames.js";

const viewing = { type: "viewing", view: "v", tiles: "t" };
const frame = (start, values, more = {}) => ({
  type: "frame", view: "v", is_whole: true, start, step: 5, count: values[0]?.length ?? 0,
  panels: [{ id: "p", series: values.map((one, n) => ({ query: n, labels: { model: `m${n}` }, values: one })) }], ...more,
});
const made = (...messages) => {
  const frames = new Frames();
  for (const message of [viewing, ...messages]) frames.apply(message);
  return frames;
};
const rows = (frames) => frames.panel("v", "p").series.map((one) => one.values);

test("a whole frame begins a panel, another adds points and takes as many", () => {
  const frames = made(frame(100, [[1, 2, 3]]), frame(115, [[4]], { is_whole: false }));
  assert.deepEqual(rows(frames), [[2, 3, 4]]);
  assert.equal(frames.panel("v", "p").start, 105);
  assert.equal(frames.panel("v", "p").count, 3);
});

test("what is drawn does not change under the pen", () => {
  const frames = made(frame(100, [[1, 2, 3]]));
  const drawn = frames.panel("v", "p");
  frames.apply(frame(115, [[4]], { is_whole: false }));
  assert.deepEqual(drawn.series[0].values, [1, 2, 3]);
  assert.notEqual(frames.panel("v", "p"), drawn);
});

test("points that are there already are replaced, and those between are gaps", () => {
  assert.deepEqual(rows(made(frame(100, [[1, 2, 3]]), frame(110, [[9, 4]], { is_whole: false }))), [[2, 9, 4]]);
  assert.deepEqual(rows(made(frame(100, [[1, 2, 3]]), frame(120, [[5]], { is_whole: false }))), [[3, null, 5]]);
  assert.deepEqual(rows(made(frame(100, [[1, 2, 3]]), frame(105, [[9]], { is_whole: false }))), [[1, 9, 3]]);
});

test("a series that comes later has a gap before, and one that ended goes when it is out of sight", () => {
  const frames = made(frame(100, [[1, 2]]), frame(110, [[3], [7]], { is_whole: false }));
  assert.deepEqual(rows(frames), [[2, 3], [null, 7]]);
  frames.apply({ ...frame(115, [[4]]), is_whole: false });
  frames.apply({ ...frame(120, [[5]]), is_whole: false });
  assert.deepEqual(rows(frames), [[4, 5]]);
});

test("points without a whole frame before, of another step or another view are dropped", () => {
  assert.equal(made(frame(100, [[1]], { is_whole: false })).panel("v", "p"), null);
  assert.deepEqual(rows(made(frame(100, [[1, 2]]), frame(110, [[3]], { is_whole: false, step: 10 }))), [[1, 2]]);
  assert.equal(made(frame(100, [[1]], { view: "other" })).panel("other", "p"), null);
});

test("a failed query leaves what was there, and its error goes with the next answer", () => {
  const failed = { ...frame(110, [], { is_whole: false, count: 1 }), panels: [{ id: "p", series: [], error: "too slow", remedy: "less" }] };
  const frames = made(frame(100, [[1, 2]]), failed);
  assert.deepEqual(rows(frames), [[1, 2]]);
  assert.equal(frames.panel("v", "p").error, "too slow");
  frames.apply(frame(115, [[4]], { is_whole: false }));
  assert.deepEqual(rows(frames), [[null, 4]]);
  assert.equal(frames.panel("v", "p").error, "");
});

test("appended points keep the PromQL that the whole frame said", () => {
  const first = frame(100, [[1]]);
  first.panels[0].exprs = ["up"];
  assert.deepEqual(made(first, frame(105, [[2]], { is_whole: false })).panel("v", "p").exprs, ["up"]);
});

test("an earlier view is forgotten, the tiles' stays", () => {
  const frames = made(frame(100, [[1]]), frame(100, [[1]], { view: "t" }));
  frames.apply({ type: "viewing", view: "w", tiles: "t" });
  assert.equal(frames.panel("v", "p"), null);
  assert.notEqual(frames.panel("t", "p"), null);
});
