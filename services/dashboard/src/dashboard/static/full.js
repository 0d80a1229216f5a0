// @ts-check
// One panel, full width, with all that there is to know of it.

import { el, setText } from "./dom.js";
import { number } from "./format.js";
import { PanelView } from "./panel.js";
import { rowsOf, statsOf } from "./series.js";
import { copy, queriesOf } from "./sheet.js";
import { swatchOf } from "./styles.js";
import { isTile } from "./view.js";

const FIXED = "Always the last 15 minutes: no range and no zoom applies.";
const COLUMNS = Object.freeze(["last", "mean", "max", "p95"]);

export class Full {
  /**
   * @param {{panel: import("./types.js").Panel, stage: any, prometheusUrl: string,
   *   onFull: (id: string|null) => void}} told
   */
  constructor({ panel, stage, prometheusUrl, onFull }) {
    this.panel = panel;
    this._stage = stage;
    this._prometheus = prometheusUrl;
    this._taken = new Map();
    this.view = new PanelView({ panel, stage, isFull: true, onFull });
    this._close = el("button", { type: "button", class: "close" }, "← All panels");
    this._close.addEventListener("click", () => onFull(null));
    this._rows = el("tbody");
    this._queries = el("div", { class: "queries" });
    this._asked = "";
    this.element = el(
      "div",
      { class: "full" },
      this._close,
      this.view.element,
      ...[isTile(panel) ? FIXED : "", panel.help ?? ""].filter(Boolean).map((text) => el("p", { class: "help" }, text)),
      table(panel.title, this._rows),
      this._queries,
    );
  }

  focus() {
    this._close.focus();
  }

  /** @param {import("./frames.js").Shown|null} shown */
  show(shown) {
    const isNew = shown !== this.view.shown;
    this.view.show(shown);
    if (!shown || !isNew) return;
    this._fill(shown);
    this._ask(queriesOf(this.panel, shown.exprs));
  }

  /** Colours are of another theme; the chart has them already. */
  restyle() {
    if (this.view.shown) this._fill(this.view.shown);
  }

  destroy() {
    this.view.destroy();
    this.element.remove();
  }

  /** @param {import("./frames.js").Shown} shown */
  _fill(shown) {
    const rows = rowsOf(this.panel, shown, this._taken).filter((row) => row.role !== "expiry");
    this._rows.replaceChildren(...rows.map((row) => this._row(row)));
  }

  /** @param {import("./series.js").Row} row */
  _row(row) {
    const unit = row.role === "memory" || row.role === "spill" ? "bytes" : this.panel.unit;
    const stats = statsOf(row.values);
    const cells = COLUMNS.map((name) => el("td", {}, number(stats[/** @type {keyof typeof stats} */ (name)], unit, row.labels)));
    const role = row.role === "line" || row.name.includes(row.role) ? "" : row.role;
    return el("tr", {}, el("th", { scope: "row" }, swatchOf(row, this._stage.theme), [row.name || this.panel.title, role].filter(Boolean).join(", ")), ...cells);
  }

  /** @param {{name: string, expr: string}[]} queries */
  _ask(queries) {
    const { range, isLive } = this._stage;
    const key = JSON.stringify([queries, range[1] - range[0], isLive || range]);
    if (key === this._asked) return;
    this._asked = key;
    this._queries.replaceChildren(el("h4", {}, "PromQL"), ...queries.map((query) => this._query(query)));
  }

  /** @param {{name: string, expr: string}} query */
  _query({ name, expr }) {
    const button = el("button", { type: "button", "aria-label": `Copy the PromQL of ${name || this.panel.title}` }, "Copy");
    button.addEventListener("click", () => {
      copy(expr).then(
        () => setText(button, "Copied"),
        (/** @type {Error} */ error) => setText(button, error.message),
      );
    });
    const link = this._prometheus ? [this._link(expr)] : [];
    return el("div", {}, el("span", { class: "quiet" }, name), el("code", {}, expr), button, ...link);
  }

  /** @param {string} expr */
  _link(expr) {
    const { range, isLive } = this._stage;
    const href = graphOf(this._prometheus, expr, range, isLive);
    const link = el("a", { href, rel: "noreferrer noopener", target: "_blank" }, "In Prometheus");
    link.append(el("span", { class: "unseen" }, " (opens another page)"));
    return link;
  }
}

/** @param {string} title @param {HTMLElement} rows */
function table(title, rows) {
  const heads = ["series", ...COLUMNS].map((name) => el("th", { scope: "col" }, name));
  const caption = el("caption", {}, `${title}: its series over the range`);
  const inner = el("table", { class: "stats" }, caption, el("thead", {}, el("tr", {}, ...heads)), rows);
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `Series of ${title}` }, inner);
}

/**
 * Prometheus's own graph of the same stretch; a live one ends when it is opened.
 * @param {string} url @param {string} expr @param {[number, number]} range @param {boolean} isLive
 */
export function graphOf(url, expr, [start, end], isLive) {
  const fields = new URLSearchParams({ "g0.expr": expr, "g0.tab": "0", "g0.range_input": `${Math.round(end - start)}s` });
  if (!isLive) fields.set("g0.end_input", new Date(end * 1000).toISOString().slice(0, 19).replace("T", " "));
  return `${url.replace(/\/$/, "")}/graph?${fields}`;
}
