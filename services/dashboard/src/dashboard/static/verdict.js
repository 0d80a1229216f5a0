// @ts-check
// The answer to "is it all right?", in a sentence. Pure.

/** @typedef {import("./types.js").Strip} Strip */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Objective} Objective */
/**
 * `isQuiet`: there is nothing else to say.
 * @typedef {{state: State, sentence: string, isQuiet: boolean}} Verdict
 */

/** Below this share of the budget it is time to slow down. */
const LOW_BUDGET = 0.25;
const MOST_PIECES = 3;

/** What a state is called. @type {Readonly<Record<State, string>>} */
export const WORDS = Object.freeze({
  ok: "ok",
  degraded: "not well",
  down: "down",
  off: "off",
  unknown: "unknown",
});

/** @param {Objective} objective @returns {State} */
export function budgetState({ budget_left: left }) {
  if (left === null) return "unknown";
  if (left <= 0) return "down";
  return left < LOW_BUDGET ? "degraded" : "ok";
}

/** @param {string} severity @returns {State} */
export function severityState(severity) {
  if (severity === "critical") return "down";
  return severity === "info" ? "unknown" : "degraded";
}

/** @param {Strip} strip @returns {Verdict} */
export function verdict(strip) {
  const down = strip.parts.filter((part) => part.state === "down").map((part) => part.title);
  const ill = strip.parts.filter((part) => part.state === "degraded").map((part) => part.title);
  const unknown = strip.parts.filter((part) => part.state === "unknown").map((part) => part.title);
  const firing = strip.alerts ?? [];
  const isBlind = strip.parts.some((part) => part.name === "prometheus" && part.state === "off");
  const spent = strip.objectives.filter((one) => one.budget_left !== null && one.budget_left <= 0);
  const pieces = [
    down.length ? `${listed(down)} ${down.length > 1 ? "are" : "is"} down` : "",
    ill.length ? `${listed(ill)} ${ill.length > 1 ? "are" : "is"} not well` : "",
    counted(firing.filter((alert) => alert.severity !== "info").length),
    spent.length ? `an error budget is used up: ${listed(spent.map((one) => one.title))}` : "",
    strip.alerts === null && !isBlind ? "nobody can say whether alerts fire" : "",
    unknown.length && !down.length ? `nobody knows how ${listed(unknown)} is` : "",
  ].filter(Boolean);
  const isRed = down.length > 0 || firing.some((alert) => alert.severity === "critical");
  if (pieces.length === 0) return well(firing.length, isBlind);
  const sentence = pieces.slice(0, MOST_PIECES).join("; ");
  return {
    state: isRed ? "down" : "degraded",
    sentence: `${isRed ? "No" : "Not quite"}: ${sentence}.`,
    isQuiet: false,
  };
}

/** @param {number} infos @param {boolean} isBlind nobody watches @returns {Verdict} */
function well(infos, isBlind) {
  const sentence = "Yes, as far as can be seen without Prometheus.";
  if (isBlind) return { state: "ok", sentence, isQuiet: true };
  if (infos === 0) return { state: "ok", sentence: "Yes, all is well.", isQuiet: true };
  const things = infos === 1 ? "one thing" : `${infos} things`;
  return { state: "ok", sentence: `Yes, with ${things} to know.`, isQuiet: false };
}

/** @param {number} count */
function counted(count) {
  if (count === 0) return "";
  return count === 1 ? "1 alert fires" : `${count} alerts fire`;
}

/** "a, b and c". @param {string[]} words */
export function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
