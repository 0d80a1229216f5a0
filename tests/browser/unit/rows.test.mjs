// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  FADE_MS,
  Rows,
  SEEN,
  ageOf,
  fitting,
  foretold,
  isWanted,
  outcomeOf,
  stageOf,
  summary,
} from "../../../services/dashboard/src/dashboard/static/rows.js";

const request = (/** @type {string} */ id, more = {}) => ({
  request_id: id,
  endpoint: "/api/chat",
  model: "a",
  routing: "direct",
  phase: "answering",
  age_seconds: 3,
  sent_seconds: 3,
  tokens: 10,
  tokens_per_second: 20,
  ...more,
});
const finished = (/** @type {string} */ id, more = {}) => ({
  request_id: id,
  endpoint: "/api/chat",
  model: "a",
  routing: "direct",
  outcome: "ok",
  status: 200,
  duration_seconds: 4.2,
  tokens: 42,
  ago_seconds: 0.3,
  ...more,
});
const live = (/** @type {any[]} */ requests, /** @type {any[]} */ done = [], more = {}) =>
  /** @type {any} */ ({ type: "live", at: 1, requests, finished: done, error: "", left_out: 0, ...more });
const ids = (/** @type {any[]} */ rows) => rows.map((row) => row.id);

test("rows keep their places while others come and go", () => {
  const rows = new Rows();
  rows.hear(live([request("1"), request("2")]), 0);
  rows.hear(live([request("2"), request("3")], [finished("1")]), 1000);
  assert.deepEqual(ids(rows.at(1000)), ["1", "2", "3"]);
  assert.deepEqual(ids(rows.at(1000 + FADE_MS)), ["2", "3"]);
});

test("what asks no model is shown only while it takes its time", () => {
  const rows = new Rows();
  rows.hear(live([], [finished("1", { model: "none" }), finished("2")]), 0);
  assert.deepEqual(ids(rows.at(0)), ["2"]);
  rows.hear(live([request("3", { model: "none" })]), 100);
  rows.hear(live([], [finished("3", { model: "none" })]), 200);
  assert.deepEqual(ids(rows.at(200)), ["2", "3"]);
});

test("a finished row says its outcome, its whole time and all its tokens", () => {
  const rows = new Rows();
  rows.hear(live([request("1")]), 0);
  rows.hear(live([], [finished("1", { outcome: "timeout", status: 504 })]), 1000);
  const [row] = rows.at(1500);
  assert.deepEqual([row.age, row.tokens, row.outcome], [4.2, 42, "timeout"]);
  assert.deepEqual(outcomeOf(row), { state: "down", words: "timeout (504)" });
});

test("a row whose end nobody told is ended, not forgotten at once", () => {
  const rows = new Rows();
  rows.hear(live([request("1")]), 0);
  rows.hear(live([]), 1000);
  const [row] = rows.at(1000);
  assert.equal(row.age, 4);
  assert.deepEqual(outcomeOf(row), { state: "unknown", words: "ended" });
});

test("a request that came and went between two messages is shown once", () => {
  const rows = new Rows();
  rows.hear(live([], [finished("1")]), 0);
  assert.deepEqual(ids(rows.at(0)), ["1"]);
  rows.hear(live([], [finished("1", { ago_seconds: 1.3 })]), 1000);
  assert.deepEqual(ids(rows.at(FADE_MS)), []);
});

test("those that ended long ago are not shown to a page that comes later", () => {
  const rows = new Rows();
  rows.hear(live([], [finished("1", { ago_seconds: 30 })]), 0);
  assert.deepEqual(rows.at(0), []);
});

test("many short ones do not flood the table", () => {
  const rows = new Rows();
  rows.hear(live([], Array.from({ length: 100 }, (_, n) => finished(`${n}`))), 0);
  assert.equal(rows.at(0).length, SEEN);
});

test("what has ended makes room for what is in flight, and what failed stays longest", () => {
  const rows = new Rows();
  const six = ["1", "2", "3", "4", "5", "6"];
  rows.hear(live(six.map((id) => request(id))), 0);
  assert.deepEqual(ids(fitting(rows.at(0))), six);
  const one = finished("1", { outcome: "upstream_error", status: 502 });
  rows.hear(live(["3", "4", "5", "6"].map((id) => request(id)), [one, finished("2")]), 500);
  assert.deepEqual(ids(fitting(rows.at(500))), six);
  rows.hear(live(["4", "5", "6", "7"].map((id) => request(id)), [finished("3"), one, finished("2")]), 1000);
  assert.deepEqual(ids(fitting(rows.at(1000))), ["1", "3", "4", "5", "6", "7"]);
  rows.hear(live(["4", "5", "6", "7", "8", "9", "10"].map((id) => request(id))), 1500);
  assert.deepEqual(ids(fitting(rows.at(1500))), ["4", "5", "6", "7", "8", "9", "10"]);
});

test("a proxy that is lost leaves the table as it was", () => {
  const rows = new Rows();
  rows.hear(live([request("1")]), 0);
  rows.hear(live([request("1")], [], { error: "no proxy answers" }), 1000);
  const [row] = rows.at(5000);
  assert.equal(row.endedAt, null);
  assert.equal(ageOf(row, 5000, true), 3);
});

test("a page that comes while the proxy is lost sees the last table", () => {
  const rows = new Rows();
  rows.hear(live([request("1")], [], { error: "no proxy answers" }), 0);
  assert.deepEqual(ids(rows.at(0)), ["1"]);
});

test("ages tick between messages", () => {
  const rows = new Rows();
  rows.hear(live([request("1")]), 1000);
  const [row] = rows.at(1400);
  assert.equal(ageOf(row, 1400, false), 3.4);
});

test("filters are the view's", () => {
  const row = { model: "a", routing: "direct" };
  assert.ok(isWanted({ models: [], routing: "" }, row));
  assert.ok(isWanted({ models: ["a", "b"], routing: "direct" }, row));
  assert.ok(!isWanted({ models: ["b"], routing: "" }, row));
  assert.ok(!isWanted({ models: [], routing: "portkey" }, row));
});

test("the summary counts phases, and what is not to be seen", () => {
  const rows = new Rows();
  rows.hear(live([request("1", { phase: "prefill" }), request("2"), request("3")]), 0);
  assert.equal(summary(rows.at(0), 0, 0), "3 in flight: 1 prefill, 2 answering");
  assert.equal(
    summary(rows.at(0), 2, 9),
    "12 in flight: 1 prefill, 2 answering; 2 hidden by the filter; 9 younger ones not shown",
  );
  assert.equal(summary([], 0, 0), "No request is in flight");
});

test("stages go up, an upload is before the first, and an unknown one is none", () => {
  const order = ["upload", "waiting", "loading", "prefill", "thinking", "answering"];
  assert.deepEqual(order.map(stageOf), [0, 1, 2, 3, 4, 5]);
  assert.equal(stageOf("dreaming"), 0);
});

test("a client that left is no failure", () => {
  const row = /** @type {any} */ ({ outcome: "client_gone", status: 499 });
  assert.deepEqual(outcomeOf(row), { state: "degraded", words: "client gone (499)" });
});

const rowOf = (/** @type {any} */ more) => {
  const rows = new Rows();
  rows.hear(live([request("1", more)]), 0);
  return rows.at(0)[0];
};

test("one that waits in the queue says its place, and how long about", () => {
  const places = [1, 2, 3, 4, 11, 12, 13, 21, 22].map(
    (place) => foretold(rowOf({ phase: "queued", queue_position: place })).words,
  );
  assert.deepEqual(places, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd"]);
  const told = foretold(
    rowOf({ phase: "queued", queue_position: 2, queue_wait_seconds: 0.2, priority: "low" }),
  );
  assert.equal(told.words, "2nd, est. 1 s");
  assert.match(told.sentence, /^2nd in the proxy's queue \(priority low\); its turn comes in about 1 s, an estimate$/);
  const long = rowOf({ phase: "queued", queue_position: 2, queue_wait_seconds: 300 });
  assert.equal(foretold(long).words, "2nd, est. 5 min");
  assert.equal(stageOf("queued"), 0);
});

test("one whose prompt is read says how far, as an estimate", () => {
  const told = foretold(rowOf({ phase: "prefill", prefill_ratio: 0.4321, first_token_in_seconds: 12.4 }));
  assert.equal(told.words, "est. 43 %, 12 s");
  assert.match(told.sentence, /^An estimate .*about 43 % .*in about 12 s$/);
  assert.equal(foretold(rowOf({ phase: "prefill", prefill_ratio: 0.5 })).words, "est. 50 %");
  const cold = foretold(rowOf({ phase: "prefill", first_token_in_seconds: 25 }));
  assert.equal(cold.words, "est. 25 s");
  assert.match(cold.sentence, /: the first token comes in about 25 s$/);
  const late = rowOf({ phase: "prefill", prefill_ratio: 0.99, first_token_in_seconds: 0 });
  assert.equal(foretold(late).words, "est. 99 %, soon");
});

test("of what nobody foretold, or is another phase, or has ended, nothing is said", () => {
  assert.deepEqual(foretold(rowOf({ phase: "prefill" })), { words: "", sentence: "" });
  assert.equal(foretold(rowOf({ phase: "answering", prefill_ratio: 0.5 })).words, "");
  const rows = new Rows();
  rows.hear(live([request("1", { phase: "queued", queue_position: 1 })]), 0);
  rows.hear(live([], [finished("1")]), 10);
  assert.equal(foretold(rows.at(10)[0]).words, "");
});

test("one that computes elsewhere is cloud, to its end", () => {
  const rows = new Rows();
  rows.hear(live([request("1", { location: "cloud" }), request("2", { location: "local" })]), 0);
  assert.deepEqual(rows.at(0).map((row) => row.isCloud), [true, false]);
  rows.hear(live([], [finished("1", { location: "cloud" }), finished("2")]), 10);
  assert.deepEqual(rows.at(10).map((row) => row.isCloud), [true, false]);
});
