// @ts-check
// What models run with, beside what is set: which of it is shown, and what it comes to. Pure.

import { UNKNOWN, capital } from "./format.js";
import { listed } from "./verdict.js";

/** @typedef {import("./types.js").Configuration} Configuration */
/** @typedef {import("./types.js").Runner} Runner */
/** @typedef {import("./types.js").Setting} Setting */
/** @typedef {import("./types.js").State} State */
/** A line of a runner's table: a setting, or the sentence beneath it.
 * @typedef {{key: string, setting: Setting, isReason: boolean}} Line */

/** More are counted, not named: the line is to stay one. */
const MOST_NAMED = 2;

/** Whether there is anything to show. @param {Configuration|null} told */
export function isKnown(told) {
  return told !== null && (told.runners.length > 0 || told.is_readable);
}

/** Those of the view's models; a name may be of several models that share their weights.
 * @param {Configuration} told @param {string[]} models empty: all @returns {Runner[]} */
export function wanted(told, models) {
  if (models.length === 0) return told.runners;
  return told.runners.filter(({ model }) => [model, ...model.split("+")].some((name) => models.includes(name)));
}

/** @param {Runner} runner @returns {Line[]} */
export function linesOf({ settings }) {
  return settings.flatMap((setting) => {
    const line = { key: setting.title, setting, isReason: false };
    return reasonOf(setting) ? [line, { key: `${setting.title}: why`, setting, isReason: true }] : [line];
  });
}

/** What stands beneath a setting; empty: nothing. @param {Setting} setting */
export function reasonOf({ differs, why }) {
  if (differs) return why ? `Not what is set. Perhaps ${why}.` : "Not what is set.";
  return why ? `${capital(why)}.` : "";
}

/** What is set, in words where there is no value. @param {Setting} setting @param {boolean} isReadable */
export function setWords({ setting, set_to: value }, isReadable) {
  if (value !== null) return value;
  if (setting === "") return UNKNOWN;
  return isReadable ? "not set" : "not known";
}

/**
 * All of it in a sentence, with a state where one is to be seen.
 * @param {Configuration} told @param {Runner[]} runners those that are shown
 * @returns {{state: State|"", words: string}}
 */
export function summary(told, runners) {
  if (told.error) return { state: "unknown", words: `Not known: ${told.error}. Seen` };
  const settings = runners.flatMap(({ model, settings }) => settings.map((one) => ({ ...one, model })));
  const differing = settings.filter(({ differs }) => differs);
  if (differing.length) return { state: "degraded", words: `Not as set: ${differences(differing)}` };
  if (told.runners.length === 0) return { state: "", words: "no model's process is seen" };
  if (runners.length === 0) return { state: "", words: "nothing of the models that are shown" };
  if (!told.is_readable) return { state: "", words: "what is set cannot be read" };
  const isCompared = settings.some(({ differs }) => differs === false);
  return { state: "", words: isCompared ? "as it is set" : "nothing is set that could be compared" };
}

/** @param {(Setting & {model: string})[]} differing */
function differences(differing) {
  if (differing.length > MOST_NAMED) {
    const models = new Set(differing.map(({ model }) => model)).size;
    return `${differing.length} settings of ${models === 1 ? "one model" : `${models} models`}`;
  }
  return listed(
    differing.map(
      ({ model, setting, set_to: set, in_force: found }) => `${setting} of ${model} (${set} is set, ${found} in force)`,
    ),
  );
}
