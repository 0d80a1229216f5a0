import assert from "node:assert/strict";
import { test } from "node:test";
const STATIC = "../../../services/dashboard/src/dashboard/static";
const { rowsOf, seriesName, stacked, statsOf, lastOf, isEmpty } = await import(`${STATIC}/series.js`);
const { bucketsOf, shadeOf } = await import(`${STATIC}/heatmap.js`);
const { edgesOf, lanesOf, sentence, stretches } = await import(`${STATIC}/gantt.js`);
const { clustered, marksOf, sentence: marksSentence } = await import(`${STATIC}/marks.js`);
const { spread, widthOf } = await import(`${STATIC}/labels.js`);
const { toggled } = await import(`${STATIC}/legend.js`);
const { csvOf, fileName } = await import(`${STATIC}/export.js`);
const { strokesOf } = await import(`${STATIC}/spark.js`);
const { behindOf, veilOf } = await import(`${STATIC}/veil.js`);
const { collapsed } = await import(`${STATIC}/group.js`);
const { lackOf } = await import(`${STATIC}/panel.js`);
const { areCrowded, commonEnd } = await import(`${STATIC}/thresholds.js`);
const { graphOf } = await import(`${STATIC}/full.js`);
const { nameOf, queriesOf } = await import(`${STATIC}/sheet.js`);
const { wrapped } = await import(`${STATIC}/picture.js`);

const panel = (queries, more = {}) => ({ id: "p", group: "g", title: "How?", unit: "seconds", absent: "nobody asked", queries, ...more });
const shown = (series, more = {}) => ({ start: 1_700_000_000, step: 10, count: series[0]?.values.length ?? 0, series, exprs: [], error: "", remedy: "", left_out: 0, ...more });
const one = (values, labels = {}, query = 0) => ({ query, labels, values });

test("a series is named as its query says, or by its labels", () => {
  assert.equal(seriesName(panel([{ expr: "x", name: "{model} p95" }]), one([], { model: "m:1" })), "m:1 p95");
  assert.equal(seriesName(panel([{ expr: "x", name: "{model} p95" }]), one([])), "p95");
  assert.equal(seriesName(panel([{ expr: "x" }]), one([], { gpu: "0", kind: "a" })), "0, a");
});

test("quantiles of one thing are one hue in three lightnesses", () => {
  const queries = ["p50", "p95", "p99"].map((role) => ({ expr: "x", name: role, role }));
  const rows = rowsOf(panel(queries), shown([one([1]), one([2], {}, 1), one([3], {}, 2)]), new Map());
  assert.deepEqual(rows.map(({ slot }) => slot), [0, 0, 0]);
  assert.deepEqual(rows.map(({ shade }) => shade), [0, 1, 2]);
});

test("series of one name say of which machine they are", () => {
  const queries = [{ expr: "x", name: "GPU {gpu}" }];
  const all = [["0", "a:8000"], ["0", "b:8000"], ["1", "a:8000"]];
  const rows = rowsOf(panel(queries), shown(all.map(([gpu, instance]) => one([1], { gpu, instance }))), new Map());
  assert.deepEqual(rows.map(({ name }) => name), ["GPU 0 a:8000", "GPU 0 b:8000", "GPU 1"]);
});

test("a thing of a panel keeps its colour when another leaves", () => {
  const queries = [{ expr: "x", name: "{kind}" }];
  const taken = new Map();
  rowsOf(panel(queries), shown([one([1], { kind: "a" }), one([1], { kind: "b" })]), taken);
  const [left] = rowsOf(panel(queries), shown([one([1], { kind: "b" })]), taken);
  assert.equal(left.slot, 1);
});

test("areas lie upon one another; a gap is only where nobody has a value", () => {
  assert.deepEqual(stacked([[1, null, null], [2, 3, null]]), [[1, 0, null], [3, 3, null]]);
});

test("a summary is of the points that there are", () => {
  assert.deepEqual(statsOf([null, 1, 3, 2, null]), { last: 2, mean: 2, max: 3, p95: 3 });
  assert.deepEqual(statsOf([null]), { last: null, mean: null, max: null, p95: null });
  assert.equal(lastOf([5, null, null]), null);
  assert.equal(isEmpty(panel([{ expr: "x" }]), shown([one([null, null])])), true);
});

test("an objective alone is no data", () => {
  const two = panel([{ expr: "x" }, { expr: "vector(5)", role: "threshold" }]);
  assert.equal(isEmpty(two, shown([one([5, 5], {}, 1)])), true);
  assert.equal(lackOf(two, shown([one([5, 5], {}, 1)])).what, "empty");
  assert.equal(isEmpty(two, shown([one([null, 0]), one([5, 5], {}, 1)])), false);
});

test("cumulative counts become those of each bucket, and a gap stays one", () => {
  const series = [one([9, null], { le: "+Inf" }), one([2, null], { le: "0.5" }), one([6, null], { le: "1.0" })];
  const { edges, counts, most } = bucketsOf(shown(series));
  assert.deepEqual(edges, [0.5, 1, Infinity]);
  assert.deepEqual(counts, [[2, null], [4, null], [3, null]]);
  assert.equal(most, 4);
});

test("buckets that stay empty at both ends are left out but for one", () => {
  const values = { 1: 0, 2: 0, 3: 0, 4: 5, 5: 5, 6: 5, 7: 5 };
  const { edges } = bucketsOf(shown(Object.entries(values).map(([le, value]) => one([value], { le }))));
  assert.deepEqual(edges, [3, 4, 5]);
});

test("one request is seen beside a thousand, and none is not", () => {
  assert.equal(shadeOf(0, 1000), -1);
  assert.equal(shadeOf(1, 1000), 0);
  assert.equal(shadeOf(1000, 1000), 8);
  assert.ok(shadeOf(100, 1000) > shadeOf(10, 1000));
});

test("a bar is a stretch without a gap", () => {
  assert.deepEqual(stretches([null, 1, 1, null, 1]), [[1, 2], [4, 4]]);
  assert.deepEqual(stretches([]), []);
});

test("a bar begins a step before its first point: what stood at the last instant alone is seen, too", () => {
  const month = shown([one([null, null, 1])], { start: 0, step: 7200 });
  assert.deepEqual(edgesOf([2, 2], month), [7200, 14_400]);
  assert.deepEqual(edgesOf([0, 1], month), [-7200, 7200]);
});

test("a row says what a model takes, where, and until when", () => {
  const queries = ["memory", "spill", "expiry"].map((role) => ({ expr: "x", role }));
  const labels = { model: "m" };
  const [lane] = lanesOf(panel(queries), shown([one([2 ** 30], labels), one([2 ** 29], labels, 1), one([1000], labels, 2)]));
  assert.equal(sentence(lane, 748), "1 GiB, 512 MiB of it on CPU, unloads in 4 min 12 s");
  assert.equal(sentence({ ...lane, spill: 0, expiry: null }, 0), "1 GiB, all on GPU, no expiry");
  assert.equal(sentence({ ...lane, expiry: 1e12 }, 0), "1 GiB, 512 MiB of it on CPU, stays");
  assert.equal(sentence({ ...lane, isLoaded: false }, 0), "not loaded");
  assert.match(sentence({ ...lane, memory: null }, 2000), /^–.*unloads now$/);
});

test("the model that was loaded last is the first row", () => {
  const lanes = lanesOf(panel([{ expr: "x", role: "memory" }]), shown([one([1, null], { model: "a" }), one([null, 1], { model: "b" })]));
  assert.deepEqual(lanes.map(({ name }) => name), ["b", "a"]);
});

test("a mark is where something rises above zero, not where it was there before", () => {
  const marks = marksOf(panel([{ expr: "x", name: "{model}" }], { id: "mark-loads", title: "Model loaded" }), shown([one([1, 1, 0, 2, 2, null, 1], { model: "m" })]));
  assert.deepEqual(marks.map(({ time }) => time), [1_700_000_030, 1_700_000_060]);
  assert.equal(marks[0].text, "Model loaded: m");
});

test("marks that would cover one another are one", () => {
  const marks = [0, 3, 50].map((time) => ({ time, text: String(time), sort: "load" }));
  const clusters = clustered(marks, (time) => time);
  assert.deepEqual(clusters.map((cluster) => cluster.marks.length), [2, 1]);
  assert.equal(marksSentence(Array.from({ length: 5 }, (_, n) => ({ time: n, text: `m${n}`, sort: "run" }))).split("\n").at(-1), "and 2 more");
});

test("labels that want one place lie beneath one another, within the chart", () => {
  for (const wanted of [[50, 50, 50], [0, 1, 2], [99, 98, 97], [10, 90]]) {
    const places = spread(wanted, 18, 0, 100).toSorted((a, b) => a - b);
    places.forEach((place, n) => assert.ok(place >= 0 && place + 18 <= 100 && (n === 0 || place - places[n - 1] >= 18 - 1e-9), `${wanted}: ${places}`));
  }
});

test("a long name stands above its value", () => {
  assert.equal(widthOf([20], [50], 180).isTall, false);
  assert.equal(widthOf([140], [50], 180).isTall, true);
  assert.equal(widthOf([0], [90], 96).isTall, false);
  assert.equal(widthOf([140], [50], 180).isCut, false);
  assert.equal(widthOf([140], [50], 100).isCut, true);
});

test("a click hides one, Shift all others, and the last brings all back", () => {
  const all = ["a", "b", "c"];
  assert.deepEqual(toggled(new Set(), "a", all, false), new Set(["a"]));
  assert.deepEqual(toggled(new Set(["a"]), "a", all, false), new Set());
  assert.deepEqual(toggled(new Set(), "a", all, true), new Set(["b", "c"]));
  assert.deepEqual(toggled(new Set(["b", "c"]), "a", all, true), new Set());
  assert.deepEqual(toggled(new Set(["a", "b"]), "c", all, false), new Set());
});

test("a table has a gap as an empty cell, and no name is a formula", () => {
  const csv = csvOf(panel([{ expr: "x", name: "{model}" }]), shown([one([1.5, null], { model: '=cmd|"x",1' })]));
  assert.deepEqual(csv.split("\r\n"), ['time,"\'=cmd|""x"",1 (seconds)"', "2023-11-14T22:13:20Z,1.5", "2023-11-14T22:13:30Z,", ""]);
  assert.equal(fileName("a/b", [0, 60], "csv"), "a-b-19700101T000000Z-19700101T000100Z.csv");
});

test("a tile's line is broken where nothing is known", () => {
  const strokes = strokesOf([0, 10, null, 10], 10, 30, 13);
  assert.deepEqual(strokes.map((stroke) => stroke.length), [2, 1]);
  assert.deepEqual(strokes[0], [[0, 11.5], [10, 1.5]]);
});

test("what is known ends with the newest sample, once that is old", () => {
  assert.equal(behindOf(null, 5), null);
  assert.equal(behindOf({ at: 100, newest: null }, 5), null);
  assert.equal(behindOf({ at: 100, newest: 90 }, 5), null);
  assert.deepEqual(behindOf({ at: 100, newest: 40 }, 5), { from: 40, text: "last sample 1 min ago" });
  assert.equal(behindOf({ at: 100, newest: 40 }, 30), null);
});

test("only a panel whose own newest point is missing is veiled", () => {
  const behind = { from: 40, text: "last sample 1 min ago" };
  const two = panel([{ expr: "x" }, { expr: "vector(5)", role: "threshold" }]);
  assert.equal(veilOf(behind, two, shown([one([1, 2, 3])])), null);
  assert.equal(veilOf(behind, two, shown([one([1, 2, null])])), null);
  assert.equal(veilOf(behind, two, shown([one([1, null, null]), one([5, 5, 5], {}, 1)])), behind);
  assert.equal(veilOf(null, two, shown([one([1, null, null])])), null);
});

test("panels that lack the same are one sentence, a single one speaks for itself", () => {
  const found = collapsed([
    { id: "a", absent: "no GPU", isAbsent: true }, { id: "b", absent: "no GPU", isAbsent: true },
    { id: "c", absent: "no host", isAbsent: true }, { id: "d", absent: "no GPU", isAbsent: false },
  ]);
  assert.deepEqual([...found], [["no GPU", ["a", "b"]]]);
});

test("a panel without data says why, and a failed one what helps", () => {
  assert.equal(lackOf(panel([]), shown([])).text, "no data: nobody asked");
  assert.deepEqual(lackOf(panel([]), shown([], { error: "too slow", remedy: "less" })), { what: "error", text: "the query failed: too slow", remedy: "less" });
  assert.equal(lackOf(panel([{ expr: "x" }]), shown([one([0])])).what, "");
});

test("many thresholds say once what they have in common", () => {
  assert.equal(commonEnd(["a:1 the day before", "b the day before"]), "the day before");
  assert.equal(commonEnd(["x", "y"]), "");
  assert.equal(areCrowded([0, 60]), false);
  assert.equal(areCrowded([0, 30]), true); // the upper word stands under its line
  assert.equal(areCrowded([-40, 100, 90]), true);
  assert.equal(areCrowded([-40, 4]), false); // above the chart, and under the line
});

test("an expression goes to Prometheus whole, with its stretch", () => {
  const asked = (isLive) => new URL(graphOf("http://localhost:9090/", 'sum(up{a="&"})', [1_700_000_000, 1_700_000_900], isLive));
  assert.equal(asked(true).searchParams.get("g0.expr"), 'sum(up{a="&"})');
  assert.equal(asked(true).pathname, "/graph");
  assert.equal(asked(true).searchParams.get("g0.range_input"), "900s");
  assert.equal(asked(true).searchParams.get("g0.end_input"), null);
  assert.equal(asked(false).searchParams.get("g0.end_input"), "2023-11-14 22:28:20");
});

test("PromQL is shown as it was asked, without queries of the other view", () => {
  const two = panel([{ expr: "a", name: "A" }, { expr: "b", name: "B" }]);
  assert.deepEqual(queriesOf(two, ["", "b{}"]), [{ expr: "b{}", name: "B" }]);
  assert.equal(queriesOf(two, []).length, 2);
  assert.equal(nameOf({ expr: "x", name: "{model} p95" }), "p95, by model");
  assert.equal(nameOf({ expr: "x", name: "{component} {state}" }), "by component, state");
  assert.equal(nameOf({ expr: "x", role: "memory" }), "memory");
  assert.equal(nameOf(undefined), "");
});

test("a picture's legend has as many lines as it needs", () => {
  assert.deepEqual(wrapped([60, 60, 30], 100), [{ x: 0, line: 0 }, { x: 0, line: 1 }, { x: 60, line: 1 }]);
});
