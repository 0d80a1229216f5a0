import assert from "node:assert/strict";
import { test } from "node:test";
const STATIC = "../../../services/dashboard/src/dashboard/static";
const { rowsOf } = await import(`${STATIC}/series.js`);
const { dashOf, lineWidthOf, paintOf } = await import(`${STATIC}/styles.js`);
const { OTHER } = await import(`${STATIC}/colours.js`);

const panel = (queries) => ({ id: "p", group: "g", title: "How?", unit: "seconds", absent: "nobody asked", queries });
const one = (labels, query = 0) => ({ query, labels, values: [1] });
const rows = (queries, series, taken = new Map()) =>
  rowsOf(panel(queries), { start: 0, step: 5, count: 1, series, exprs: [], error: "", remedy: "", left_out: 0 }, taken);
const looks = (row) => [row.slot, row.shade, row.dash];

test("of a model, two ways are one hue, told apart by a dash, and so for every model", () => {
  const queries = ["p50", "p95"].map((role) => ({ expr: "x", name: `{model} {routing} ${role}`, role, split: "model" }));
  const series = ["a", "b"].flatMap((model) =>
    ["direct", "portkey"].flatMap((routing) => [0, 1].map((query) => one({ model, routing }, query))));
  for (const row of rows(queries, series)) {
    assert.equal(row.dash, row.labels.routing === "direct" ? 0 : 1, row.name);
    assert.equal(row.shade, row.role === "p50" ? 0 : 1, row.name);
  }
});

test("two things that have quantiles each keep them together", () => {
  const queries = ["prompt p50", "prompt p95", "answer p50", "answer p95"].map((name) => ({ expr: "x", name, role: name.slice(-3), split: "total" }));
  const found = Object.fromEntries(rows(queries, [0, 1, 2, 3].map((n) => one({}, n))).map((row) => [row.name, row]));
  assert.equal(found["prompt p50"].slot, found["prompt p95"].slot);
  assert.notEqual(found["prompt p50"].slot, found["answer p50"].slot);
  assert.deepEqual([found["answer p50"].shade, found["answer p95"].shade], [0, 1]);
});

test("many things of a model have lightnesses, then dashes, which they keep when another leaves", () => {
  const queries = [{ expr: "x", name: "{model} {status}", split: "model" }];
  const series = ["200", "404", "499", "502"].map((status) => one({ model: "a", status }));
  const taken = new Map();
  const before = rows(queries, series, taken).map(looks);
  assert.equal(new Set(before.map(String)).size, 4);
  assert.deepEqual(rows(queries, series.slice(2), taken).map(looks), before.slice(2));
});

test("what is no model's is grey beside models, even alone", () => {
  const queries = [{ expr: "x", name: "{model}" }, { expr: "y", name: "no model's" }];
  assert.deepEqual(rows(queries, [one({}, 1)]).map(({ slot }) => slot), [OTHER]);
  const [model, nobody] = rows(queries, [one({ model: "a" }), one({}, 1)]);
  assert.notEqual(model.slot, OTHER);
  assert.equal(nobody.slot, OTHER);
  const total = [{ expr: "x", name: "{model}", split: "model" }, { expr: "y", name: "all", split: "total" }];
  assert.deepEqual(rows(total, [one({}, 1)]).map(({ slot }) => slot), [0]);
});

test("what is grey is told apart, too", () => {
  const series = Array.from({ length: 11 }, (_, n) => one({ kind: `k${n}` }));
  const found = rows([{ expr: "x", name: "{kind}" }], series);
  assert.equal(found.filter(({ slot }) => slot === OTHER).length, 4);
  assert.equal(new Set(found.map((row) => String(looks(row)))).size, 11);
});

test("a swatch has the dash of its line", () => {
  assert.equal(paintOf("#123456", []), "#123456");
  assert.equal(paintOf("#123456", [6, 4]), "repeating-linear-gradient(90deg, #123456 0px 6px, transparent 6px 10px)");
});

test("a threshold is thin and dashed, p99 the thinnest line", () => {
  assert.deepEqual(dashOf({ role: "threshold", dash: 0 }), [5, 4]);
  assert.deepEqual(["threshold", "line", "p95", "p99"].map((role) => lineWidthOf({ role })), [1, 1.5, 1.25, 1]);
});
