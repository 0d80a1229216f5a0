// @ts-check
// Where an axis has its numbers: round ones, at most five. Pure.

import { digits } from "./format.js";

export const MOST = 5;
/** A rate may be above its limit by this, for it is estimated between two samples. */
const HAIR = 1.02;
const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
  86_400, 172_800, 432_000, 604_800, 1_209_600, 2_592_000, 7_776_000,
];

/**
 * The least round step of which at most `most` numbers cover what is there.
 * @param {number} span @param {number} most @param {boolean} isBinary
 * @param {number} grain what a step is a multiple of; 0: of nothing
 */
function stepOf(span, most, isBinary, grain) {
  const bare = span / (most - 1);
  if (!(bare > 0)) return 1;
  if (isBinary && bare >= 1) return 2 ** Math.ceil(Math.log2(bare) - 1e-9);
  const decade = 10 ** Math.floor(Math.log10(bare) + 1e-9);
  const steps = [1, 2, 2.5, 5, 10].map((one) => one * decade).filter((step) => isMultiple(step, grain));
  return steps.find((step) => step >= bare * (1 - 1e-9)) ?? grain;
}

/**
 * The end of an axis and its numbers, from zero where nothing is below it.
 * @param {number} low @param {number} high of the values
 * @param {number} factor of the unit that is shown
 * @param {{isBinary?: boolean, isWhole?: boolean, most?: number|null}} [how]
 * @returns {{min: number, max: number, ticks: number[]}} in the values' own unit
 */
export function linear(low, high, factor, how = {}) {
  const bottom = Math.min(0, low) / factor;
  const limit = how.most ?? null;
  const whole = limit !== null && high >= limit / 2;
  const isWithin = whole && high <= limit * HAIR;
  const top = (isWithin ? limit : high > 0 ? high : 1) / factor;
  const step = stepOf(top - bottom, MOST, how.isBinary ?? false, how.isWhole ? 1 / factor : 0);
  const first = Math.floor(bottom / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(top / step - 1e-9));
  const ticks = [];
  for (let n = first; n <= last; n += 1) ticks.push(n * step * factor);
  const max = isWithin ? limit : last * step * factor;
  return { min: first * step * factor, max, ticks: ticks.filter((tick) => tick <= max * (1 + 1e-9)) };
}

/** @param {number} step @param {number} grain 0: of everything */
const isMultiple = (step, grain) => grain === 0 || Math.abs(step / grain - Math.round(step / grain)) < 1e-6;

/** A logarithmic axis: its ends are 1, 2 or 5 times a power of ten. @param {number} low @param {number} high */
export function logarithmic(low, high) {
  const bottom = low > 0 ? low : 0.001;
  const top = high > bottom ? high : bottom * 10;
  const all = [];
  for (let n = Math.floor(Math.log10(bottom)) - 1; n <= Math.ceil(Math.log10(top)); n += 1) {
    for (const digit of [1, 2, 5]) all.push(Number(`${digit}e${n}`));
  }
  const first = all.findLastIndex((one) => one <= bottom * (1 + 1e-9));
  const last = all.findIndex((one) => one >= top * (1 - 1e-9));
  const within = all.slice(first, Math.max(last, first + 1) + 1);
  const digitOf = (/** @type {number} */ one) => one.toExponential()[0];
  const choices = [within, within.filter((one) => digitOf(one) !== "2"), within.filter((one) => digitOf(one) === "1")];
  let ticks = choices.find((some) => some.length <= MOST) ?? choices[2];
  while (ticks.length > MOST) ticks = ticks.filter((_, n) => n % 2 === 0);
  if (ticks.length < 2) ticks = [within[0], within[within.length - 1]];
  return { min: within[0], max: within[within.length - 1], ticks };
}

/** Numbers of one axis, all with as many decimals. @param {number[]} ticks @param {number} factor */
export function written(ticks, factor) {
  const texts = ticks.map((tick) => digits(tick / factor));
  const places = Math.max(...texts.map((text) => text.split(".")[1]?.length ?? 0));
  const isEven = ticks.length > 2 && Math.abs(ticks[2] - 2 * ticks[1] + ticks[0]) < 1e-9 * Math.abs(ticks[2]);
  if (!isEven) return texts;
  return ticks.map((tick, n) => (tick === 0 ? texts[n] : (tick / factor).toFixed(places).replace("-", "−")));
}

/**
 * Round local times. @param {number} start @param {number} end
 * @param {number} most @param {(time: number) => number} offset local time less UTC, in seconds
 */
export function times(start, end, most, offset) {
  const step = TIME_STEPS.find((one) => (end - start) / one <= most) ?? 31_536_000;
  const ticks = [];
  const shift = offset(start);
  for (let time = Math.ceil((start + shift) / step) * step - shift; time <= end; time += step) {
    const moved = time - (offset(time) - shift);
    if (moved >= start && moved <= end) ticks.push(moved);
  }
  return { step, ticks: ticks.slice(0, most) };
}

/** Local time less UTC of this browser. @param {number} time */
export const localOffset = (time) => -60 * new Date(time * 1000).getTimezoneOffset();

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A tick of the time axis. @param {number} time @param {number} step @param {number} offset */
export function timeText(time, step, offset) {
  const local = new Date((time + offset) * 1000);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const day = `${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]}`;
  const isMidnight = (time + offset) % 86_400 === 0;
  if (step >= 86_400 || (isMidnight && step >= 3600)) return day;
  const text = `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`;
  return step < 60 ? `${text}:${two(local.getUTCSeconds())}` : text;
}
