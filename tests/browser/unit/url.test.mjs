// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { fromSearch, toSearch } from "../../../services/dashboard/src/dashboard/static/url.js";
import { DEFAULT, RANGES } from "../../../services/dashboard/src/dashboard/static/view.js";

const FULL = {
  seconds: 21_600,
  start: 1_764_331_200,
  end: 1_764_334_800,
  models: ["a b&c", "qwen3:8b"],
  routing: "portkey",
  byModel: true,
  panel: "ttft",
};

test("the default view has no address of its own", () => {
  assert.equal(toSearch(DEFAULT), "");
  assert.deepEqual(fromSearch(""), { view: DEFAULT, complaints: [] });
});

test("an address brings back the view that it was made of", () => {
  for (const view of [FULL, ...RANGES.map(({ seconds }) => ({ ...DEFAULT, seconds }))]) {
    assert.deepEqual(fromSearch(toSearch(view)), { view, complaints: [] });
  }
});

test("an address is read by people", () => {
  const view = { ...DEFAULT, seconds: 3600, models: ["llama3"], byModel: true };
  assert.equal(toSearch(view), "?range=1h&model=llama3&by=model");
});

for (const [search, said] of [
  ["range=2h", "range is one of 5m, 15m, 1h, 6h, 24h, 7d, 30d, not “2h”"],
  ["range=", "range is one of"],
  ["from=5", "from and to are two Unix times"],
  ["from=9&to=8", "from and to are two Unix times"],
  ["from=0&to=99999999999", "at most 400 days"],
  ["from=-1&to=5", "from and to"],
  ["routing=left", "routing is direct or portkey, not “left”"],
  ["by=user", "by is model, not “user”"],
  ["modle=x", "“modle” means nothing here"],
  [`model=${"x".repeat(257)}`, "models are at most 20 names; 1 are left out"],
]) {
  test(`a wrong address is answered by the default and a sentence: ${search.slice(0, 24)}`, () => {
    const { view, complaints } = fromSearch(`?${search}`);
    assert.deepEqual(view, DEFAULT);
    assert.equal(complaints.length, 1);
    assert.ok(complaints[0].includes(said), complaints[0]);
  });
}

test("what is wrong does not spoil what is right", () => {
  const { view, complaints } = fromSearch("?range=7d&routing=x&model=a&model=a");
  assert.deepEqual(view, { ...DEFAULT, seconds: 604_800, models: ["a"] });
  assert.equal(complaints.length, 1);
});

test("no more than twenty models are taken", () => {
  const names = Array.from({ length: 25 }, (_, n) => `model=${n}`).join("&");
  assert.equal(fromSearch(`?${names}`).view.models.length, 20);
});
