// @ts-check
// The address carries the view. Pure: text in, view out, and the other way round.

import { DEFAULT, MOST_MODELS, MOST_SECONDS, RANGES, ROUTINGS, isLive } from "./view.js";

/** @typedef {import("./view.js").View} View */

const UNITS = Object.freeze({ m: 60, h: 3600, d: 86_400 });
const NAMES = Object.freeze(["range", "from", "to", "model", "routing", "by", "panel"]);
const MOST_LETTERS = 256;

/** "1 h" as it is in addresses. @param {string} label */
const short = (label) => label.replace(" ", "");

/** @param {View} view @returns {string} what follows the path: empty for the default view */
export function toSearch(view) {
  const fields = new URLSearchParams();
  const range = RANGES.find((one) => one.seconds === view.seconds);
  if (range && view.seconds !== DEFAULT.seconds) fields.set("range", short(range.label));
  if (!isLive(view)) {
    fields.set("from", String(view.start));
    fields.set("to", String(view.end));
  }
  for (const model of view.models) fields.append("model", model);
  if (view.routing) fields.set("routing", view.routing);
  if (view.byModel) fields.set("by", "model");
  if (view.panel) fields.set("panel", view.panel);
  const text = fields.toString();
  return text ? `?${text}` : "";
}

/**
 * The view of an address. What cannot be shown is as if it were not there, with a sentence.
 * @param {string} search @returns {{view: View, complaints: string[]}}
 */
export function fromSearch(search) {
  const fields = new URLSearchParams(search);
  /** @type {string[]} */
  const complaints = [];
  for (const name of new Set(fields.keys())) {
    if (!NAMES.includes(name)) complaints.push(`${quoted(name)} means nothing here`);
  }
  const view = {
    ...DEFAULT,
    seconds: seconds(fields, complaints),
    ...stretch(fields, complaints),
    models: models(fields, complaints),
    routing: choice(fields, "routing", ROUTINGS, complaints),
    byModel: choice(fields, "by", ["", "model"], complaints) === "model",
    panel: fields.get("panel") || null,
  };
  return { view, complaints };
}

/** @param {string} text */
function quoted(text) {
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
}

/** @param {URLSearchParams} fields @param {string[]} complaints */
function seconds(fields, complaints) {
  const said = fields.get("range");
  if (said === null) return DEFAULT.seconds;
  const match = /^(\d{1,4})([mhd])$/.exec(said);
  const wanted = match ? Number(match[1]) * UNITS[/** @type {"m"|"h"|"d"} */ (match[2])] : NaN;
  if (RANGES.some((range) => range.seconds === wanted)) return wanted;
  const known = RANGES.map((range) => short(range.label)).join(", ");
  complaints.push(`range is one of ${known}, not ${quoted(said)}`);
  return DEFAULT.seconds;
}

/** @param {URLSearchParams} fields @param {string[]} complaints */
function stretch(fields, complaints) {
  const [from, to] = [fields.get("from"), fields.get("to")];
  if (from === null && to === null) return { start: null, end: null };
  const areNumbers = /^\d{1,12}$/.test(from ?? "") && /^\d{1,12}$/.test(to ?? "");
  const [start, end] = [Number(from), Number(to)];
  if (areNumbers && start < end && end - start <= MOST_SECONDS) return { start, end };
  complaints.push("from and to are two Unix times, at most 400 days apart");
  return { start: null, end: null };
}

/** @param {URLSearchParams} fields @param {string[]} complaints */
function models(fields, complaints) {
  const said = [...new Set(fields.getAll("model"))];
  const taken = said.filter((name) => name && name.length <= MOST_LETTERS).slice(0, MOST_MODELS);
  if (taken.length < said.length) {
    complaints.push(`models are at most ${MOST_MODELS} names; ${said.length - taken.length} are left out`);
  }
  return taken;
}

/**
 * @param {URLSearchParams} fields @param {string} name
 * @param {readonly string[]} known with "" for what it is without @param {string[]} complaints
 */
function choice(fields, name, known, complaints) {
  const said = fields.get(name) ?? "";
  if (known.includes(said)) return said;
  const words = known.filter(Boolean).join(" or ");
  complaints.push(`${name} is ${words}, not ${quoted(said)}`);
  return "";
}
