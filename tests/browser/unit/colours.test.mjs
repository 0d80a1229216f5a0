import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { OTHER, placed, rampOf, readSlots, shadesOf, SLOTS } from "../../../services/dashboard/src/dashboard/static/colours.js";
import { fromHex, toHex } from "../../../services/dashboard/src/dashboard/static/oklch.js";

const STATIC = new URL("../../../services/dashboard/src/dashboard/static/", import.meta.url);
const read = (name) => readFileSync(new URL(name, STATIC), "utf8");
const block = (css, theme) => (theme === "light" ? css.split(":root {")[1] : css.split(':root[data-theme="dark"] {')[1]).split("}")[0];
const colour = (css, name) => css.match(new RegExp(`--${name}:\\s*(#[0-9a-f]{6})`))[1];
const THEMES = ["light", "dark"].map((theme) => {
  const charts = block(read("charts.css"), theme);
  return {
    theme,
    isDark: theme === "dark",
    paper: colour(block(read("style.css"), theme), "paper"),
    series: Array.from({ length: SLOTS + 1 }, (_, n) => colour(charts, `series-${n + 1}`)),
    heat: colour(charts, "heat"),
  };
});
/** How colours look to those who lack a kind of cone. Source: Machado et al. 2009, severity 1. */
const EYES = {
  all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
};
const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const gamma = (v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
const light = (hex) => [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255));
/** How far two colours are from one another for readers, as WCAG counts it. */
function contrast(one, other) {
  const [low, high] = [one, other]
    .map((hex) => light(hex).reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0))
    .sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
function seen(hex, eye) {
  const rgb = EYES[eye].map((row) => Math.min(1, Math.max(0, row.reduce((sum, v, n) => sum + v * light(hex)[n], 0))));
  const { l, c, h } = fromHex(`#${rgb.map((v) => Math.round(255 * gamma(v)).toString(16).padStart(2, "0")).join("")}`);
  return [l, c * Math.cos(h), c * Math.sin(h)];
}
const distance = (one, other, eye) => Math.hypot(...seen(one, eye).map((v, n) => v - seen(other, eye)[n]));

for (const { theme, isDark, paper, series, heat } of THEMES) {
  test(`lines and each of their lightnesses stand out from ${theme} paper`, () => {
    for (const hex of series) {
      assert.ok(contrast(hex, paper) >= 3, `${hex} has ${contrast(hex, paper)}`);
      for (const shade of shadesOf(hex, isDark)) assert.ok(contrast(shade, paper) >= 3, `${shade} of ${hex} has ${contrast(shade, paper)}`);
    }
  });

  test(`series keep apart on ${theme} paper, for the colour-blind too`, () => {
    for (const eye of Object.keys(EYES)) {
      series.forEach((one, n) => {
        for (const other of series.slice(n + 1)) assert.ok(distance(one, other, eye) >= 0.06, `${one} ${other} ${eye}: ${distance(one, other, eye)}`);
      });
    }
  });

  test(`quantiles are lighter one by one on ${theme} paper`, () => {
    for (const hex of series) {
      const [p50, p95, p99] = shadesOf(hex, isDark).map((shade) => fromHex(shade).l);
      assert.ok(p95 - p50 >= 0.09 && p99 - p95 >= 0.09);
    }
  });

  test(`the heat map's steps are even on ${theme} paper`, () => {
    const lightness = rampOf(heat, isDark).map((hex) => fromHex(hex).l);
    const steps = lightness.slice(1).map((l, n) => Math.abs(l - lightness[n]));
    assert.ok(Math.max(...steps) - Math.min(...steps) < 0.01, String(steps));
  });
}

test("a colour comes back from its lightness, chroma and hue", () => {
  for (const hex of ["#0072b2", "#e69f00", "#101317", "#ffffff"]) assert.equal(toHex(fromHex(hex)), hex);
  assert.match(toHex({ l: 0.6, c: 0.9, h: 1 }), /^#[0-9a-f]{6}$/);
});

test("a model keeps its place, and a new one takes a free one", () => {
  const first = placed(readSlots(null), "a", new Set());
  const second = placed(first.slots, "b", new Set());
  assert.deepEqual([first.slot, second.slot, placed(second.slots, "a", new Set()).slot], [0, 1, 0]);
});

test("beyond seven models there is grey, but one that is gone makes room", () => {
  const full = ["a", "b", "c", "d", "e", "f", "g"];
  assert.equal(placed(full, "h", new Set([...full, "h"])).slot, OTHER);
  const { slots, slot } = placed(full, "h", new Set(["a", "b", "d", "e", "f", "g", "h"]));
  assert.deepEqual([slot, slots[2]], [2, "h"]);
  assert.equal(placed(full, "h", new Set()).slot, OTHER);
});

test("what stands for many models is grey", () => {
  for (const name of ["other", "none", ""]) assert.equal(placed(readSlots(null), name, new Set()).slot, OTHER);
});

test("what somebody else wrote into the storage is no colour", () => {
  for (const text of ["{", "7", '{"a":1}', "[1,2]"]) assert.deepEqual(readSlots(text), Array(SLOTS).fill(null));
});
