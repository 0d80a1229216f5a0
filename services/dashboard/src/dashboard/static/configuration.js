// @ts-check
// What models run with, beside what is set: a line, and tables for who asks for them.

import { setAge } from "./ages.js";
import { modelColour } from "./colours.js";
import { isKnown, linesOf, reasonOf, setWords, summary, wanted } from "./configured.js";
import { byId, el, keyed, setAttribute, setText } from "./dom.js";
import { UNKNOWN, capital } from "./format.js";

/** @typedef {import("./types.js").Configuration} Configuration */
/** @typedef {import("./types.js").Runner} Runner */
/** @typedef {import("./configured.js").Line} Line */

const COLUMNS = Object.freeze(["", "Set", "In force"]);

export class ConfigurationView {
  constructor() {
    /** @type {Configuration|null} */
    this._told = null;
    /** What is shown, which a held view keeps. @type {{told: Configuration, runners: Runner[]}|null} */
    this._shown = null;
    this._button = byId("configuration-button");
    this._box = byId("configuration-box");
    this._button.addEventListener("click", () => this._open(this._box.hidden));
  }

  /** @param {Configuration} told */
  hear(told) {
    this._told = told;
  }

  /** @param {string[]} models those of the view; empty: all @param {number} unixNow */
  show(models, unixNow) {
    const told = this._told;
    const element = byId("configuration");
    element.hidden = !isKnown(told);
    if (!told || element.hidden) return;
    const runners = wanted(told, models);
    this._shown = { told, runners };
    const { state, words } = summary(told, runners);
    const dot = byId("configuration-dot");
    dot.hidden = state === "";
    setAttribute(dot, "data-state", state || null);
    byId("configuration-said").classList.toggle("is-warning", state === "degraded");
    setText(byId("configuration-words"), words);
    const seen = told.error ? told.at : null;
    setAge(byId("configuration-age"), seen, unixNow, { before: " ", after: " ago." });
    this._box.classList.toggle("is-stale", told.error !== "");
    if (!this._box.hidden) this._tell(this._shown);
  }

  /** @param {boolean} isOpen */
  _open(isOpen) {
    this._box.hidden = !isOpen;
    this._button.setAttribute("aria-expanded", String(isOpen));
    setText(byId("configuration-deed"), isOpen ? "Hide" : "Show");
    if (isOpen && this._shown) this._tell(this._shown);
  }

  /** @param {{told: Configuration, runners: Runner[]}} shown */
  _tell({ told, runners }) {
    keyed(byId("configuration-runners"), runners, ({ model, runner }) => `${runner} ${model}`, makeRunner, (node, one) =>
      showRunner(node, one, told.is_readable),
    );
    const others = Object.entries(told.others);
    byId("configuration-others").hidden = others.length === 0;
    keyed(byId("configuration-set"), others, ([name]) => name, makeOther, (node, [name, value]) => {
      setText(node.children[0], name);
      setText(node.children[1], value);
    });
    keyed(byId("configuration-notes"), told.notes, (note) => note, () => el("li"), (node, note) =>
      setText(node, `${capital(note)}.`),
    );
  }
}

const makeOther = () => el("li", {}, el("code"), " ", el("b"));

/** @returns {HTMLElement} */
function makeRunner() {
  const heads = COLUMNS.map((title) => (title ? el("th", { scope: "col" }, title) : el("td")));
  return el(
    "div",
    { class: "runner" },
    el(
      "table",
      {},
      el("caption", {}, el("span", { class: "tint" }), el("b"), el("span", { class: "quiet" })),
      el("thead", {}, el("tr", {}, ...heads)),
      el("tbody"),
    ),
    el("p", { class: "quiet" }),
  );
}

/** @param {HTMLElement} node @param {Runner} runner @param {boolean} isReadable */
function showRunner(node, runner, isReadable) {
  const [table, note] = node.children;
  const [caption, , body] = table.children;
  const [tint, name, kind] = /** @type {HTMLElement[]} */ ([...caption.children]);
  tint.style.background = modelColour(runner.model.split("+")[0]);
  setText(name, runner.model);
  setText(kind, runner.runner);
  setText(note, runner.note ? `The rest is not seen: ${runner.note}.` : "");
  keyed(body, linesOf(runner), ({ key }) => key, makeLine, (row, line) => showLine(row, line, isReadable));
}

/** @param {Line} line @returns {HTMLElement} */
function makeLine({ isReason }) {
  if (isReason) return el("tr", { class: "reason" }, el("td", { colspan: "3" }));
  const found = [el("span"), " ", el("span", { class: "differs" })];
  return el("tr", {}, el("th", { scope: "row" }, el("span"), " ", el("code")), el("td"), el("td", {}, ...found));
}

/** @param {HTMLElement} row @param {Line} line @param {boolean} isReadable */
function showLine(row, { setting, isReason }, isReadable) {
  if (isReason) {
    setText(row.children[0], reasonOf(setting));
    return;
  }
  const [head, set, found] = row.children;
  setText(head.children[0], setting.title);
  setText(head.children[1], setting.setting);
  setText(set, setWords(setting, isReadable));
  set.classList.toggle("quiet", setting.set_to === null);
  setText(found.children[0], setting.in_force ?? UNKNOWN);
  setAttribute(found, "title", setting.source ? `By ${setting.source}` : null);
  showMark(/** @type {HTMLElement} */ (found.children[1]), setting.differs === true);
}

/** @param {HTMLElement} mark @param {boolean} differs */
function showMark(mark, differs) {
  if (differs === mark.childElementCount > 0) return;
  mark.replaceChildren(...(differs ? [el("span", { class: "dot", "data-state": "degraded" }), "differs"] : []));
}
