// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../../../services/dashboard/src/dashboard/static/clock.js";
import { meaningOf } from "../../../services/dashboard/src/dashboard/static/keys.js";
import { choices, filterLabel } from "../../../services/dashboard/src/dashboard/static/models.js";
import { choiceOf, nextOf, themeOf } from "../../../services/dashboard/src/dashboard/static/theme.js";
import { stretchLabel, viewLabel } from "../../../services/dashboard/src/dashboard/static/toolbar.js";
import { DEFAULT, zoomed } from "../../../services/dashboard/src/dashboard/static/view.js";

/** An element that is of these kinds. */
const target = (/** @type {string} */ kind) =>
  /** @type {any} */ ({
    matches: (/** @type {string} */ selector) => kind === "text" && selector.startsWith("input"),
    closest: (/** @type {string} */ selector) => (kind === "button" && selector.startsWith("button") ? {} : null),
  });

function pressed(/** @type {string} */ key, kind = "page", more = {}) {
  /** @type {any[]} */
  const done = [];
  const actions = Object.fromEntries(
    ["filter", "pause", "theme", "full", "close", "help"].map((name) => [name, () => done.push(name)]),
  );
  const event = { key, ctrlKey: false, metaKey: false, altKey: false, ...more };
  const all = /** @type {any} */ ({ ...actions, range: (/** @type {number} */ s) => done.push(s) });
  meaningOf(event, target(kind), all)?.();
  return done[0] ?? null;
}

test("keys do what the list says", () => {
  const keys = ["/", " ", "t", "f", "Escape", "?"];
  assert.deepEqual(keys.map((key) => pressed(key)), ["filter", "pause", "theme", "full", "close", "help"]);
  assert.deepEqual(["1", "2", "7"].map((key) => pressed(key)), [300, 900, 2_592_000]);
  assert.deepEqual(["8", "0", "x", "Enter"].map((key) => pressed(key)), [null, null, null, null]);
});

test("no letter is a command where text is typed, nor beside Ctrl", () => {
  assert.equal(pressed("t", "text"), null);
  assert.equal(pressed("/", "text"), null);
  assert.equal(pressed("f", "page", { ctrlKey: true }), null);
});

test("space stays what it is on a button", () => {
  assert.equal(pressed(" ", "button"), null);
  assert.equal(pressed("t", "button"), "theme");
});

test("the theme goes round, and what is remembered wrongly is the system's", () => {
  assert.deepEqual([nextOf("system"), nextOf("dark"), nextOf("light")], ["dark", "light", "system"]);
  assert.equal(choiceOf("purple"), "system");
  assert.equal(choiceOf(null), "system");
  assert.deepEqual([themeOf("system", true), themeOf("light", true), themeOf("dark", false)], ["dark", "light", "dark"]);
});

test("the filter says what is chosen", () => {
  assert.deepEqual([[], ["a"], ["a", "b"]].map(filterLabel), ["All models", "a", "2 models"]);
});

test("models that are chosen can be dropped, even where nobody knows them", () => {
  assert.deepEqual(choices(["b", "a"], ["gone"], ""), ["a", "b", "gone"]);
  assert.deepEqual(choices(["llama3", "qwen3"], [], " QWEN"), ["qwen3"]);
});

test("the view in few words", () => {
  assert.equal(viewLabel(DEFAULT), "15 m, All models");
  const other = { ...zoomed(DEFAULT, 1000, 2000), models: ["a"], routing: "portkey" };
  assert.equal(viewLabel(other), "zoomed, a, Portkey");
  assert.equal(viewLabel(other, true), "always 15 m, a, Portkey");
});

test("a stretch says as much of its ends as tells them apart", () => {
  const noon = 1_795_867_200;
  const label = (/** @type {number} */ length, /** @type {number} */ ago) =>
    stretchLabel(noon, noon + length, noon + ago, "UTC");
  assert.equal(label(90, 100), "12:00:00 – 12:01:30");
  assert.equal(label(3600, 3700), "12:00 – 13:00");
  assert.match(label(3600, 200_000), /^28 Nov.* 12:00 – 28 Nov.* 13:00$/);
  assert.match(label(172_800, 200_000), /^28 Nov.* 12:00 – 30 Nov.* 12:00$/);
});

test("ages are by the server's clock, and by the least late of its messages", () => {
  let local = 1000;
  const clock = new ServerClock(() => local);
  assert.equal(clock.now(), 1000);
  clock.hear(1050);
  clock.hear(1048);
  clock.hear(null);
  local = 1010;
  assert.equal(clock.now(), 1060);
  for (let times = 0; times < 100; times += 1) clock.hear(1050);
  assert.equal(clock.now(), 1060);
});
