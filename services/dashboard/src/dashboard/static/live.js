// @ts-check
// The live table: what is in flight, row by row, moving as it streams.

import { setAge } from "./ages.js";
import { modelColour } from "./colours.js";
import { byId, el, keyed, setAttribute, setText } from "./dom.js";
import { UNKNOWN, number } from "./format.js";
import { NO_MODEL, Rows, STAGES, ageOf, fitting, foretold, isWanted, outcomeOf, stageOf, summary } from "./rows.js";
import { settle, whereAll } from "./moves.js";

/** @typedef {import("./types.js").Live} Live */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./view.js").View} View */

const COLUMNS = Object.freeze(["Phase", "Model", "Endpoint", "Routing", "Age", "Tokens", "Tokens/s"]);
const NUMBERS = 4;
const ROUTINGS = Object.freeze({ direct: "direct", portkey: "Portkey" });

export class LiveTable {
  constructor() {
    this._rows = new Rows();
    this._body = byId("live-rows");
    this._box = byId("live-box");
    /** @type {Live|null} */
    this._live = null;
    /** Whether the line to the server is down. */
    this.isLost = false;
  }

  /** @param {Live} live @param {number} now milliseconds of the page's clock */
  hear(live, now) {
    this._live = live;
    this._rows.hear(live, now);
  }

  /**
   * What is in flight of the view, as the proxy said it last; null where nobody knows. `now` is up to
   * when anything is known, here and below.
   * @param {View} view @param {number} now
   */
  numbers(view, now) {
    if (!this._live || this._live.error || this.isLost || this._live.at === null) return null;
    const rows = this._rows.at(now).filter((row) => row.endedAt === null && isWanted(view, row));
    const rates = rows.map((row) => row.rate).filter((rate) => rate !== null);
    const isWhole = this._live.left_out === 0 || (view.models.length === 0 && view.routing === "");
    return isWhole ? { count: rows.length + this._live.left_out, rates } : null;
  }

  /** Draw it whole. @param {View} view @param {number} now @param {number} unixNow */
  show(view, now, unixNow) {
    const live = this._live;
    const all = this._rows.at(now);
    const rows = fitting(all.filter((row) => isWanted(view, row)));
    const hidden = all.filter((row) => row.endedAt === null && !isWanted(view, row)).length;
    const isOld = live?.error !== "";
    const isStale = this.isLost || isOld;
    this._tellError(unixNow);
    this._box.classList.toggle("is-stale", isStale);
    const isKnown = live !== null && live.at !== null;
    const words = isKnown && !isStale ? summary(rows, hidden, live.left_out) : "";
    setText(byId("live-summary"), words);
    byId("live-empty").hidden = rows.length > 0;
    setText(byId("live-empty"), isKnown && !isStale ? "What passes the proxy is shown here while it runs." : "Not known.");
    const before = whereAll(this._body);
    keyed(this._body, rows, (row) => row.id, makeRow, (node, row) => showRow(node, row, now, isOld));
    settle(this._body, before);
  }

  /** Only what changes by itself: ages, and rows that have faded. */
  tick(/** @type {View} */ view, /** @type {number} */ now, /** @type {number} */ unixNow) {
    const shown = this._body.childElementCount;
    const rows = fitting(this._rows.at(now).filter((row) => isWanted(view, row)));
    if (rows.length !== shown) {
      this.show(view, now, unixNow);
      return;
    }
    const isOld = this._live?.error !== "";
    for (const row of rows) {
      const node = this._body.querySelector(`[data-key="${CSS.escape(row.id)}"]`);
      if (node) setText(node.children[NUMBERS], ageText(row, now, isOld));
    }
  }

  /** @param {number} unixNow */
  _tellError(unixNow) {
    const error = this._live?.error ?? "";
    byId("live-error").hidden = error === "";
    setText(byId("live-error-words"), error ? `Requests in flight are not known: ${error}.` : "");
    const before = "This table was seen ";
    setAge(byId("live-error-age"), error ? this._live?.at ?? null : null, unixNow, {
      before,
      after: " ago.",
    });
  }
}

/** @param {Row} row @param {number} now @param {boolean} isStale */
function ageText(row, now, isStale) {
  const age = ageOf(row, now, isStale);
  return age < 100 ? `${age.toFixed(1)} s` : number(Math.floor(age), "seconds");
}

function makeRow() {
  const row = el("tr", { role: "row" });
  COLUMNS.forEach((title, place) => {
    const kind = place >= NUMBERS ? "number" : title.toLowerCase();
    row.append(el("td", { role: "cell", class: `cell-${kind}`, "data-title": title }));
  });
  const bar = el("span", { class: "stages", "aria-hidden": "true" }, ...STAGES.map(() => el("i")));
  const estimate = el("span", { class: "estimate" }, el("span", { "aria-hidden": "true" }), el("span", { class: "unseen" }));
  const words = [el("span", { class: "phase-word" }), estimate];
  row.children[0].append(bar, el("span", { class: "dot" }), ...words);
  row.children[1].append(
    el("span", { class: "tint" }),
    el("span", { class: "model-name" }),
    el("span", { class: "cloud", title: "It computes elsewhere, not on Ollama's machine." }),
  );
  return row;
}

/** @param {HTMLElement} node @param {Row} row @param {number} now @param {boolean} isStale */
function showRow(node, row, now, isStale) {
  const [phase, model, endpoint, routing, age, tokens, rate] = node.children;
  const hasEnded = row.endedAt !== null;
  node.classList.toggle("has-ended", hasEnded);
  showPhase(phase, row);
  const [tint, name, cloud] = /** @type {HTMLElement[]} */ ([...model.children]);
  const hasModel = row.model !== NO_MODEL;
  tint.style.background = hasModel ? modelColour(row.model) : "";
  setText(name, hasModel ? row.model : UNKNOWN);
  setText(cloud, row.isCloud ? "cloud" : "");
  setText(endpoint, row.endpoint);
  setText(routing, ROUTINGS[/** @type {"direct"|"portkey"} */ (row.routing)] ?? row.routing);
  setText(age, ageText(row, now, isStale));
  setText(tokens, row.tokens === null ? UNKNOWN : String(row.tokens));
  setText(rate, row.rate === null ? UNKNOWN : number(row.rate, "count"));
}

/** @param {Element} cell @param {Row} row */
function showPhase(cell, row) {
  const [bar, dot, word, estimate] = /** @type {HTMLElement[]} */ ([...cell.children]);
  const { words, sentence } = foretold(row);
  // what is short to the eye is a sentence to the ear
  setText(estimate.children[0], words);
  setText(estimate.children[1], sentence ? ` ${sentence}.` : "");
  setAttribute(estimate, "title", sentence || null);
  bar.style.setProperty("--read", String(row.estimate.read ?? 1));
  const hasEnded = row.endedAt !== null;
  bar.hidden = hasEnded;
  dot.hidden = !hasEnded;
  if (hasEnded) {
    const outcome = outcomeOf(row);
    setAttribute(dot, "data-state", outcome.state);
    setText(word, outcome.words);
    return;
  }
  setText(word, row.phase);
  setAttribute(bar, "data-stage", String(stageOf(row.phase)));
}
