// @ts-check
// Numbers, ages and times as people read them. Pure. What is not known is an en dash, never 0.

export const UNKNOWN = "–";

/** @typedef {readonly (readonly [number, string])[]} Ladder factors of a unit, from large to small */
/** @type {Record<string, Ladder>} */
const LADDERS = {
  seconds: [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]],
  bytes: [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [1024, "KiB"], [1, "B"]],
  plain: [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]],
  small: [[1e3, "k"], [1, ""], [1e-3, "m"]],
};
/** What a unit is counted in and called. @type {Record<string, [Ladder, string]>} */
const UNITS = {
  seconds: [LADDERS.seconds, ""],
  tokens: [LADDERS.plain, "tok"],
  "tokens/s": [LADDERS.plain, "tok/s"],
  requests: [LADDERS.plain, ""],
  "requests/s": [LADDERS.plain, "req/s"],
  bytes: [LADDERS.bytes, ""],
  "bytes/s": [LADDERS.bytes, "/s"],
  watts: [[[1e3, "k"], [1, ""]], "W"],
  celsius: [[[1, ""]], "°C"],
  hertz: [LADDERS.plain, "Hz"],
  "joules/token": [LADDERS.small, "J/tok"],
  ratio: [[[0.01, "%"]], ""],
  money: [[[1, ""]], ""],
  grams: [LADDERS.small, "g"],
  count: [LADDERS.plain, ""],
};
/** Below this share of a second it is milliseconds; above these, the next unit is easier. */
const FROM = new Map([["s", 0.95], ["min", 600], ["h", 7200], ["d", 172_800]]);
/** A share below this is what is left of a difference of floats. */
const NOISE = 1e-6;
/** With three digits, 999.6 is a thousand. */
const ROUNDED = 0.9995;
/** Units whose prefix stands directly before them: kW, GHz. */
const JOINED = new Set(["watts", "hertz", "joules/token", "grams"]);
/** Units of which there is no half. */
const WHOLE = new Set(["requests", "tokens", "count"]);

/** @param {string} unit */
export const isWhole = (unit) => WHOLE.has(unit);

/**
 * The step of a unit's ladder that fits the largest value of an axis.
 * @param {string} unit @param {number} most @param {Record<string, string>} [labels]
 * @returns {{factor: number, symbol: string}}
 */
export function scaleOf(unit, most, labels = {}) {
  const [ladder, name] = UNITS[unit] ?? UNITS.count;
  const size = Math.abs(most);
  /** @param {readonly [number, string]} rung */
  const fits = ([factor, symbol]) => size >= ROUNDED * (FROM.get(symbol) ?? factor);
  const lowest = ladder[ladder.length - 1];
  const zero = size === 0 ? ladder.find(([factor]) => factor === 1) ?? lowest : null;
  const [factor, prefix] = zero ?? ladder.find(fits) ?? lowest;
  const called = unit === "money" ? (labels.currency ?? "") : name;
  const glue = prefix && called && !JOINED.has(unit) && !called.startsWith("/") ? " " : "";
  return { factor, symbol: `${prefix}${glue}${called}` };
}

/**
 * Three significant digits, without the zeros that say nothing.
 * @param {number} value already in its unit
 */
export function digits(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-6) return `${value < 0 ? "−" : ""}<0.000001`;
  const places = Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(size))));
  const text = size.toFixed(places);
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return `${value < 0 ? "−" : ""}${short}`;
}

/**
 * @param {number|null|undefined} value @param {string} unit as messages have it
 * @param {Record<string, string>} [labels] of its series
 */
export function number(value, unit, labels = {}) {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const { factor, symbol } = scaleOf(unit, value, labels);
  const isNoise = unit === "ratio" && Math.abs(value) < NOISE;
  const text = digits(isNoise ? 0 : value / factor);
  return symbol ? `${text} ${symbol}` : text;
}

/** How long, in one or two units: "12 s", "4 min 12 s", "3 h 5 min". @param {number|null} seconds */
export function span(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24];
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  return `${rest} s`;
}

/** As a sentence begins. @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "12 s ago". @param {number|null} seconds */
export function age(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return UNKNOWN;
  return seconds < 0.5 ? "now" : `${span(seconds)} ago`;
}

const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const DAY = { year: "numeric", month: "short", day: "numeric" };
/** @type {Map<string, Intl.DateTimeFormat>} formats are slow to make */
const formats = new Map();

/** @param {number} time @param {object} options @param {string|undefined} zone */
function formatted(time, options, zone) {
  const key = JSON.stringify([options, zone]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  formats.set(key, format);
  return format.format(new Date(time * 1000));
}

/** Local time of the day. @param {number|null} time Unix time @param {string} [zone] */
export function clock(time, zone) {
  return time === null ? UNKNOWN : formatted(time, TIME, zone);
}

/** Day, time and zone: what stands on hover. @param {number|null} time @param {string} [zone] */
export function moment(time, zone) {
  return time === null ? UNKNOWN : formatted(time, { ...DAY, ...TIME, timeZoneName: "short" }, zone);
}
