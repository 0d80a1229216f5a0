import assert from "node:assert/strict";
import { test } from "node:test";
import { age, clock, digits, moment, number, scaleOf, span } from "../../../services/dashboard/src/dashboard/static/format.js";

test("numbers have three significant digits and a unit that people say", () => {
  for (const [value, unit, text] of [
    [1.2449, "seconds", "1.24 s"],
    [0.0861, "seconds", "86.1 ms"],
    [0.086, "seconds", "86 ms"],
    [0.94, "seconds", "940 ms"],
    [0.95, "seconds", "0.95 s"],
    [0.00002, "seconds", "20 µs"],
    [125, "seconds", "125 s"],
    [744, "seconds", "12.4 min"],
    [41.2, "tokens/s", "41.2 tok/s"],
    [12_400, "count", "12.4 k"],
    [999.9, "count", "1 k"],
    [12_400, "tokens/s", "12.4 k tok/s"],
    [3.1 * 2 ** 30, "bytes", "3.1 GiB"],
    [5 * 2 ** 20, "bytes/s", "5 MiB/s"],
    [512, "bytes", "512 B"],
    [0.4123, "ratio", "41.2 %"],
    [0.00004, "ratio", "0.004 %"],
    [3e-12, "ratio", "0 %"],
    [-3e-12, "ratio", "0 %"],
    [1, "ratio", "100 %"],
    [1230, "watts", "1.23 kW"],
    [0.4, "watts", "0.4 W"],
    [1.98e9, "hertz", "1.98 GHz"],
    [64, "celsius", "64 °C"],
    [0.42, "joules/token", "420 mJ/tok"],
    [-3, "count", "−3"],
    [412.4, "grams", "412 g"],
    [1240, "grams", "1.24 kg"],
  ]) assert.equal(number(value, unit), text);
});

test("money is in the currency of its series", () => {
  assert.equal(number(1.239, "money", { currency: "EUR" }), "1.24 EUR");
});

test("what is not known is a dash, and nothing is nothing", () => {
  for (const value of [null, undefined, NaN, Infinity]) assert.equal(number(value, "seconds"), "–");
  assert.equal(number(0, "seconds"), "0 s");
  assert.equal(number(0, "ratio"), "0 %");
  assert.equal(number(0, "bytes"), "0 B");
});

test("an axis has one scale for all its numbers", () => {
  assert.deepEqual(scaleOf("seconds", 0.5), { factor: 1e-3, symbol: "ms" });
  assert.deepEqual(scaleOf("seconds", 0), { factor: 1, symbol: "s" });
  assert.deepEqual(scaleOf("bytes", 2 ** 31), { factor: 2 ** 30, symbol: "GiB" });
});

test("digits say no more than they know", () => {
  assert.equal(digits(0), "0");
  assert.equal(digits(1234.5), "1235");
  assert.equal(digits(0.0012345), "0.00123");
  assert.equal(digits(1e-9), "<0.000001");
});

test("ages are in at most two units", () => {
  for (const [seconds, text] of [[0, "now"], [12.3, "12 s ago"], [252, "4 min 12 s ago"], [11_100, "3 h 5 min ago"], [7200, "2 h ago"], [90_000, "1 d 1 h ago"], [null, "–"]]) {
    assert.equal(age(seconds), text);
  }
  assert.equal(span(-4), "0 s");
});

test("times say their zone where there is room", () => {
  assert.equal(clock(1_700_000_000, "UTC"), "22:13:20");
  assert.equal(moment(1_700_000_000, "UTC"), "14 Nov 2023, 22:13:20 UTC");
  assert.equal(moment(null), "–");
});
