// @ts-check
// Band 1: whether it is all right. One quiet line, as long as there is nothing else to say.

import { setAge } from "./ages.js";
import { byId, el, keyed, setAttribute, setText } from "./dom.js";
import { capital, clock } from "./format.js";
import { WORDS, budgetState, severityState, verdict } from "./verdict.js";

/** @typedef {import("./types.js").Strip} Strip */
/** @typedef {import("./types.js").Part} Part */
/** @typedef {import("./types.js").Objective} Objective */
/** @typedef {import("./types.js").Alert} Alert */

/** An older word of a part is worth saying. */
const SILENT_SECONDS = 15;

export class Health {
  /** @param {() => number} now Unix time of the server */
  constructor(now) {
    this._now = now;
    this._band = byId("health");
    this._details = byId("health-details");
    this._isOpen = false;
    this._details.addEventListener("click", () => {
      this._isOpen = !this._isOpen;
      this._arrange(this._band.dataset.quiet !== undefined);
    });
  }

  /** @param {Strip} strip */
  show(strip) {
    const found = verdict(strip);
    setAttribute(byId("verdict-dot"), "data-state", found.state);
    setText(byId("verdict"), found.sentence);
    const heard = Math.max(...strip.parts.map((part) => part.seen ?? 0));
    setAge(byId("heard"), heard || null, this._now(), { before: "heard ", after: " ago" });
    keyed(byId("parts"), strip.parts, (part) => part.name, makePart, (node, part) =>
      this._part(node, part),
    );
    const tightest = tightestOf(strip.objectives);
    keyed(byId("objectives"), strip.objectives, (one) => one.name, makeObjective, (node, one) => {
      showObjective(node, one);
      node.classList.toggle("is-tightest", one === tightest && one.budget_left !== null);
    });
    keyed(byId("alerts"), strip.alerts ?? [], alertKey, makeAlert, (node, alert) =>
      showAlert(node, alert, this._now()),
    );
    byId("alerts").hidden = !strip.alerts?.length;
    this._arrange(found.isQuiet);
  }

  /** The line is lost: nobody knows how it is since then. @param {number} heard Unix time */
  lose(heard) {
    setAttribute(byId("verdict-dot"), "data-state", "unknown");
    setText(byId("verdict"), `Not known since ${clock(heard)}.`);
  }

  /** @param {boolean} isQuiet */
  _arrange(isQuiet) {
    if (isQuiet) this._band.dataset.quiet = "";
    else delete this._band.dataset.quiet;
    this._details.hidden = !isQuiet;
    this._details.setAttribute("aria-expanded", String(this._isOpen));
    if (isQuiet && !this._isOpen) delete this._band.dataset.open;
    else this._band.dataset.open = "";
  }

  /** @param {HTMLElement} node @param {Part} part */
  _part(node, part) {
    const [dot, title, word, reason, age] = /** @type {HTMLElement[]} */ ([...node.children]);
    const now = this._now();
    setAttribute(dot, "data-state", part.state);
    setText(title, part.title);
    setAge(word, part.since, now, { before: `${WORDS[part.state]} for ` });
    if (part.since === null || part.state === "off") {
      delete word.dataset.since;
      setText(word, WORDS[part.state]);
    }
    setText(reason, part.reason);
    const isSilent = part.seen !== null && now - part.seen > SILENT_SECONDS;
    setAge(age, isSilent ? part.seen : null, now, { before: "last heard ", after: " ago" });
    setAttribute(node, "data-state", part.state);
  }
}

function makePart() {
  const names = ["dot", "part-title", "part-word", "part-reason", "part-age quiet"];
  return el("li", { class: "part" }, ...names.map((name) => el("span", { class: name })));
}

/** @param {Objective} objective */
function makeObjective(objective) {
  const fill = el("span", { class: "fill" });
  const bar = el("span", { class: "meter", role: "meter", "aria-valuemin": "0", "aria-valuemax": "100" }, fill);
  bar.setAttribute("aria-label", `error budget left: ${objective.title}`);
  return el(
    "li",
    { class: "objective" },
    el("span", { class: "objective-title" }),
    bar,
    el("span", { class: "dot" }),
    el("span", { class: "objective-left" }),
    el("span", { class: "objective-value quiet" }),
  );
}

/** @param {HTMLElement} node @param {Objective} objective */
function showObjective(node, objective) {
  const [title, bar, dot, left, value] = /** @type {HTMLElement[]} */ ([...node.children]);
  const state = budgetState(objective);
  const share = Math.min(1, Math.max(0, objective.budget_left ?? 0));
  setText(title, capital(objective.title));
  setText(left, budgetWords(objective.budget_left));
  const wanted = `${percent(objective.objective)} wanted`;
  const found = objective.value === null ? "" : `${percent(objective.value)} over ${objective.window}, `;
  setText(value, `${found}${wanted}`);
  setAttribute(dot, "data-state", state);
  setAttribute(bar, "data-state", state);
  setAttribute(bar, "aria-valuenow", String(Math.round(share * 100)));
  setAttribute(bar, "aria-valuetext", left.textContent);
  const fill = /** @type {HTMLElement} */ (bar.firstElementChild);
  fill.style.width = `${(share * 100).toFixed(1)}%`;
}

/** The one with the least left: what the quiet line shows. @param {Objective[]} objectives */
export function tightestOf(objectives) {
  const left = (/** @type {Objective} */ one) => one.budget_left ?? Infinity;
  return [...objectives].sort((one, other) => left(one) - left(other))[0] ?? null;
}

/** @param {number|null} left */
export function budgetWords(left) {
  if (left === null) return "error budget: not known";
  if (left < 0) return "error budget overdrawn";
  return left === 0 ? "error budget used up" : `${percent(left)} of budget left`;
}

/** Three digits, but never 100 % for less. @param {number} share */
export function percent(share) {
  const hundredths = share * 100;
  const text = hundredths < 100 ? Math.min(hundredths, 99.99).toPrecision(hundredths < 99 ? 3 : 4) : "100";
  return `${Number(text)} %`;
}

/** @param {Alert} alert */
const alertKey = (alert) => `${alert.name} ${JSON.stringify(alert.labels)}`;

/** @param {Alert} alert */
function makeAlert(alert) {
  const link = el("a", { rel: "noreferrer", target: "_blank" }, "What to do");
  link.append(el("span", { class: "unseen" }, ` about ${alert.name} (opens another page)`));
  return el(
    "li",
    { class: "alert" },
    el("span", { class: "dot" }),
    el("span", { class: "alert-severity" }),
    el("span", { class: "alert-summary" }),
    el("span", { class: "alert-labels quiet" }),
    el("span", { class: "alert-age quiet" }),
    link,
  );
}

/** @param {HTMLElement} node @param {Alert} alert @param {number} now */
function showAlert(node, alert, now) {
  const [dot, severity, summary, labels, age, link] = /** @type {HTMLElement[]} */ ([...node.children]);
  setAttribute(dot, "data-state", severityState(alert.severity));
  setText(severity, alert.severity);
  setText(summary, `${alert.summary}.`);
  setText(labels, labelWords(alert.labels));
  setAge(age, alert.since, now, { before: "for " });
  setAttribute(link, "href", linkOf(alert.runbook_url));
  link.hidden = linkOf(alert.runbook_url) === null;
}

const DULL = Object.freeze(["job", "instance"]);

/** @param {Record<string, string>} labels */
function labelWords(labels) {
  const kept = Object.entries(labels).filter(([name]) => !DULL.includes(name));
  return kept.map(([name, value]) => `${name} ${value}`).join(", ");
}

/** Only what is a page, of here or of elsewhere. @param {string} url @returns {string|null} */
export function linkOf(url) {
  return /^(https?:\/\/|\/(?!\/))/.test(url) ? url : null;
}
