import assert from "node:assert/strict";
import { test } from "node:test";
import { linear, logarithmic, MOST, times, timeText, written } from "../../../services/dashboard/src/dashboard/static/ticks.js";

const near = (found, wanted) => {
  assert.equal(found.length, wanted.length, `${found} is not ${wanted}`);
  found.forEach((one, n) => assert.ok(Math.abs(one - wanted[n]) <= 1e-9 * Math.max(1, Math.abs(wanted[n])), `${found} is not ${wanted}`));
};

test("an axis begins at zero and has round numbers, at most five", () => {
  near(linear(3, 83, 1).ticks, [0, 25, 50, 75, 100]);
  near(linear(0.1, 0.35, 0.001).ticks, [0, 0.1, 0.2, 0.3, 0.4]);
  for (let high = 0.0001; high < 1e12; high *= 1.37) {
    for (const isBinary of [true, false]) {
      const { max, ticks } = linear(0, high, 1, { isBinary });
      assert.ok(ticks.length >= 2 && ticks.length <= MOST, `${high}: ${ticks}`);
      assert.ok(max >= high * (1 - 1e-9), `${high} is above ${max}`);
    }
  }
});

test("of what has no halves no number lies between", () => {
  for (const [high, ticks] of [[0, [0, 1]], [0.2, [0, 1]], [1, [0, 1]], [2, [0, 1, 2]], [5, [0, 2, 4, 6]], [9, [0, 5, 10]], [83, [0, 25, 50, 75, 100]]]) {
    near(linear(0, high, 1, { isWhole: true }).ticks, ticks);
  }
  near(linear(0, 9000, 1000, { isWhole: true }).ticks, [0, 2500, 5000, 7500, 10_000]);
});

test("bytes are counted in powers of two", () => {
  near(linear(0, 11 * 2 ** 30, 2 ** 30, { isBinary: true }).ticks.map((tick) => tick / 2 ** 30), [0, 4, 8, 12]);
});

test("a share that comes near to all of it has all of it as its end, a small one has not", () => {
  assert.equal(linear(0, 0.8, 0.01, { most: 1 }).max, 1);
  assert.ok(linear(0, 0.04, 0.01, { most: 1 }).max < 0.1);
  assert.equal(linear(0, 1.0004, 0.01, { most: 1 }).max, 1); // as rates are estimated
  assert.ok(linear(0, 1.4, 0.01, { most: 1 }).max >= 1.4);
});

test("nothing but zeros is an axis, too, and what is below zero is seen", () => {
  near(linear(0, 0, 1).ticks, [0, 0.25, 0.5, 0.75, 1]);
  assert.ok(linear(-3, 4, 1).min <= -3);
});

test("a logarithmic axis covers what there is, with at most five numbers", () => {
  near(logarithmic(0.3, 1.4).ticks, [0.2, 0.5, 1, 2]);
  for (let low = 0.0001; low < 1000; low *= 3.3) {
    for (const ratio of [1, 2, 7, 60, 3000, 1e7]) {
      const { min, max, ticks } = logarithmic(low, low * ratio);
      assert.ok(min <= low * (1 + 1e-9) && max >= low * ratio * (1 - 1e-9));
      assert.ok(ticks.length >= 2 && ticks.length <= MOST, `${low} ${ratio}: ${ticks}`);
    }
  }
});

test("the numbers of an axis have as many decimals", () => {
  assert.deepEqual(written([0, 2.5, 5], 1), ["0", "2.5", "5.0"]);
  assert.deepEqual(written([0.2, 0.5, 1, 2], 1), ["0.2", "0.5", "1", "2"]);
});

test("times are round in the zone of the reader, not more than there is room for", () => {
  const utc = () => 0;
  assert.deepEqual(times(1000, 1900, 5, utc), { step: 300, ticks: [1200, 1500, 1800] });
  assert.deepEqual(times(0, 86_400, 5, () => 1800).ticks.map((one) => (one + 1800) % 21_600), [0, 0, 0, 0]);
  for (const span of [300, 900, 3600, 21_600, 86_400, 604_800, 2_592_000]) {
    for (let start = 0; start < 3; start += 1) {
      const { ticks } = times(start * 1111, start * 1111 + span, 5, utc);
      assert.ok(ticks.length >= 1 && ticks.length <= 5, `${span}: ${ticks}`);
    }
  }
});

test("a clock that is put back does not move midnight", () => {
  const change = 10 * 86_400;
  const offset = (time) => (time < change ? 7200 : 3600);
  const { ticks } = times(change - 4 * 86_400, change + 4 * 86_400, 5, offset);
  for (const tick of ticks) assert.equal((tick + offset(tick)) % 86_400, 0);
});

test("a tick says the day at midnight and seconds where they matter", () => {
  assert.equal(timeText(86_400, 21_600, 0), "2 Jan");
  assert.equal(timeText(50_400, 3600, 0), "14:00");
  assert.equal(timeText(50_405, 5, 0), "14:00:05");
  assert.equal(timeText(50_400, 3600, 3600), "15:00");
});
