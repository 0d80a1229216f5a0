// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isKnown,
  linesOf,
  reasonOf,
  setWords,
  summary,
  wanted,
} from "../../../services/dashboard/src/dashboard/static/configured.js";

const setting = (more = {}) => ({
  title: "Requests at a time",
  setting: "OLLAMA_NUM_PARALLEL",
  set_to: "4",
  in_force: "4",
  source: "command line",
  differs: false,
  why: "",
  ...more,
});
const differing = (more = {}) => setting({ in_force: "1", differs: true, why: "memory is short", ...more });
const runner = (model = "qwen3:8b", ...settings) => ({ model, runner: "llama-server", settings, note: "" });
const told = (runners = [runner("qwen3:8b", setting())], more = {}) =>
  /** @type {any} */ ({ type: "configuration", at: 1, runners, others: {}, is_readable: true, notes: [], error: "", ...more });
const said = (/** @type {any} */ all) => summary(all, all.runners);

test("where nothing is known nothing is shown", () => {
  assert.ok(!isKnown(null));
  assert.ok(!isKnown(told([], { is_readable: false, notes: ["no process is seen"] })));
  assert.ok(isKnown(told([])));
  assert.ok(isKnown(told([runner()], { is_readable: false })));
});

test("what is in force as it is set is said quietly", () => {
  assert.deepEqual(said(told()), { state: "", words: "as it is set" });
});

test("what differs is a warning that names it, what is set and what is in force", () => {
  const { state, words } = said(told([runner("a", differing()), runner("b", setting())]));
  assert.equal(state, "degraded");
  assert.equal(words, "Not as set: OLLAMA_NUM_PARALLEL of a (4 is set, 1 in force)");
});

test("many that differ are counted", () => {
  const three = [differing(), differing(), differing()];
  assert.equal(said(told([runner("a", ...three)])).words, "Not as set: 3 settings of one model");
  const two = [runner("a", ...three), runner("b", differing())];
  assert.equal(said(told(two)).words, "Not as set: 4 settings of 2 models");
});

test("what cannot be compared is never said to be as it is set", () => {
  assert.equal(said(told([runner("a", setting({ differs: null }))])).words, "nothing is set that could be compared");
  const unread = told([runner("a", setting({ set_to: null, differs: null }))], { is_readable: false });
  assert.equal(said(unread).words, "what is set cannot be read");
  assert.equal(said(told([])).words, "no model's process is seen");
});

test("what was heard last is said to be that, whatever differed", () => {
  const { state, words } = said(told([runner("a", differing())], { error: "no answer at x" }));
  assert.deepEqual([state, words], ["unknown", "Not known: no answer at x. Seen"]);
});

test("only what the view shows counts, of models that share their weights, too", () => {
  const all = told([runner("a:1+b:2", differing()), runner("c:3", setting())]);
  assert.deepEqual(wanted(all, ["b:2"]).map(({ model }) => model), ["a:1+b:2"]);
  assert.deepEqual(wanted(all, ["c:3"]).map(({ model }) => model), ["c:3"]);
  assert.equal(wanted(all, []).length, 2);
  assert.equal(summary(all, wanted(all, ["c:3"])).state, "");
  assert.equal(summary(all, []).words, "nothing of the models that are shown");
});

test("a reason stands beneath what differs, as a guess", () => {
  assert.equal(reasonOf(differing()), "Not what is set. Perhaps memory is short.");
  assert.equal(reasonOf(differing({ why: "" })), "Not what is set.");
  assert.equal(reasonOf(setting({ differs: null, why: "0 leaves it to Ollama" })), "0 leaves it to Ollama.");
  const lines = linesOf(runner("a", setting(), differing({ title: "Threads" })));
  assert.deepEqual(lines.map(({ isReason }) => isReason), [false, false, true]);
  assert.equal(new Set(lines.map(({ key }) => key)).size, 3);
});

test("without a value it is said what that means", () => {
  assert.equal(setWords(setting(), true), "4");
  assert.equal(setWords(setting({ set_to: null }), true), "not set");
  assert.equal(setWords(setting({ set_to: null }), false), "not known");
  assert.equal(setWords(setting({ set_to: null, setting: "" }), true), "–");
});
