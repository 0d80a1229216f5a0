// @ts-check
// One panel: its title, its chart or a sentence in its place, its legend and its menu.

import { Chart } from "./chart.js";
import { el, setAttribute, setText } from "./dom.js";
import { csvOf, download, fileName } from "./export.js";
import { clock, span } from "./format.js";
import { Gantt } from "./gantt.js";
import { Heatmap } from "./heatmap.js";
import { pictureOf } from "./picture.js";
import { steer } from "./plot.js";
import { isEmpty } from "./series.js";
import { copy, queriesOf, Sheet } from "./sheet.js";
import { veilOf } from "./veil.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./frames.js").Shown} Shown */

const NARROW = 480;
const SAID_EVERY_MS = 10_000;
/** @type {Record<string, any>} */
const CHARTS = { heat: Heatmap, gantt: Gantt };

/** What stands in place of a chart, or above it. @param {Panel} panel @param {Shown} shown @returns {{what: "error"|"empty"|"", text: string, remedy: string}} */
export function lackOf(panel, shown) {
  if (shown.error) return { what: "error", text: `the query failed: ${shown.error}`, remedy: shown.remedy };
  if (isEmpty(panel, shown)) return { what: "empty", text: `no data: ${panel.absent}`, remedy: "" };
  return { what: "", text: "", remedy: "" };
}

export class PanelView {
  /**
   * @param {{panel: Panel, stage: import("./plot.js").Stage & {isDemo: boolean}, isFull?: boolean,
   *   onFull: (id: string|null) => void}} told
   */
  constructor({ panel, stage, isFull = false, onFull }) {
    this.panel = panel;
    this.stage = stage;
    this._isFull = isFull;
    this._onFull = onFull;
    /** @type {Shown|null} */
    this.shown = null;
    this._chart = /** @type {any} */ (null);
    this._saidAt = -Infinity;
    this._saidLack = "";
    /** As it was measured last: to ask each time would lay the page out each time. */
    this._isNarrow = false;
    const titleId = `title-${isFull ? "full-" : ""}${panel.id}`;
    this._title = el(isFull ? "h3" : "h4", { id: titleId }, panel.title);
    this._left = el("span", { class: "quiet" });
    this._plot = el("div", { class: "plot", role: "img", tabindex: "0", "aria-label": `${panel.title}: waiting for data` });
    this._aside = el("div", { class: "aside" });
    this._lack = el("div", { class: "lack" });
    this._body = el("div", { class: "body" }, this._plot, this._aside, this._lack);
    this._aside.hidden = this._lack.hidden = true;
    const head = el("div", { class: "head" }, this._title, this._left);
    this.sheet = new Sheet(head, panel.title, () => this._menu());
    this.element = el("section", { class: isFull ? "panel is-full" : "panel", "data-panel": panel.id, "aria-labelledby": titleId }, head, this._body);
    this._plot.addEventListener("keydown", (event) => {
      if (this._chart?.u && steer(this._chart.u, event.key)) event.preventDefault();
    });
    this._plot.addEventListener("blur", () => this._chart?.u?.setCursor({ left: -10, top: -10 }, true, true));
    this._sizes = new ResizeObserver(() => this._resized());
    this._sizes.observe(this._plot);
  }

  /** Draw what there is. @param {Shown|null} shown null: nothing came of this view yet */
  show(shown) {
    this.element.classList.toggle("is-waiting", shown === null);
    if (!shown || (shown === this.shown && this._chart)) {
      this._chart?.redraw();
      return;
    }
    this.shown = shown;
    const lack = lackOf(this.panel, shown);
    const hasData = !isEmpty(this.panel, shown);
    setAttribute(this._plot, "hidden", hasData ? null : "");
    this.element.classList.toggle("is-empty", lack.what === "empty");
    this._aside.classList.toggle("is-away", !hasData);
    this._sayLack(lack, shown);
    setText(this._left, shown.left_out ? `${shown.left_out} more series are not shown` : "");
    if (hasData) {
      this._chart ??= this._create();
      this._chart.update(shown);
    }
    this._say(lack.text);
  }

  /** Colours are of another theme. */
  restyle() {
    this._chart?.restyle();
  }

  destroy() {
    this._sizes.disconnect();
    this._chart?.destroy();
    this.element.remove();
  }

  _create() {
    const Kind = CHARTS[this.panel.kind ?? ""] ?? Chart;
    this._isNarrow = this.element.clientWidth < NARROW;
    this.element.classList.toggle("is-narrow", this._isNarrow);
    return new Kind({
      element: this._plot,
      aside: this._aside,
      panel: this.panel,
      stage: this.stage,
      isNarrow: () => this._isNarrow,
    });
  }

  _resized() {
    const wasNarrow = this._isNarrow;
    this._isNarrow = this.element.clientWidth < NARROW;
    this.element.classList.toggle("is-narrow", this._isNarrow);
    if (!this._chart || !this._plot.clientWidth) return;
    if (this._isNarrow !== wasNarrow && this.shown) this._chart.restyle();
    else this._chart.resize();
  }

  /** @param {ReturnType<typeof lackOf>} lack @param {Shown} shown */
  _sayLack(lack, shown) {
    this._lack.hidden = !lack.what;
    this._lack.classList.toggle("is-error", lack.what === "error");
    if (!lack.what) return;
    const exprs = lack.what === "error" ? queriesOf(this.panel, shown.exprs).map(({ expr }) => el("code", {}, expr)) : [];
    const key = JSON.stringify([lack, exprs.length]);
    if (this._lack.dataset.said === key) return;
    this._lack.dataset.said = key;
    const remedy = lack.remedy ? [el("p", {}, lack.remedy)] : [];
    this._lack.replaceChildren(el("p", {}, lack.text), ...remedy, ...exprs);
  }

  /** What a reader hears in place of the picture; not more often than can be listened to. @param {string} lack */
  _say(lack) {
    const now = performance.now();
    if (now - this._saidAt < SAID_EVERY_MS && lack === this._saidLack) return;
    this._saidAt = now;
    this._saidLack = lack;
    const [start, end] = this.stage.range;
    const values = this._chart && !this._plot.hidden ? this._chart.values().slice(0, 12) : [];
    const behind = veilOf(this.stage.behind, this.panel, this.shown)?.text ?? "";
    const count = this.stage.marks.filter(({ time }) => time >= start && time <= end).length;
    const marks = count === 0 ? "" : count === 1 ? "1 mark" : `${count} marks`;
    const parts = [lack, ...values, behind, marks, `${span(end - start)} up to ${clock(end)}`];
    setAttribute(this._plot, "aria-label", `${this.panel.title}: ${parts.filter(Boolean).join("; ")}`);
  }

  _menu() {
    const { panel, shown } = this;
    const exprs = queriesOf(panel, shown?.exprs ?? []);
    const copyAll = { name: "Copy PromQL", act: () => copy(exprs.map(({ expr }) => expr).join("\n")) };
    const full = { name: "Full width", act: () => this._onFull(panel.id) };
    const deeds = this._isFull ? [copyAll] : [full, copyAll];
    return { deeds: shown && !isEmpty(panel, shown) ? [...deeds, ...this.exports()] : deeds, help: panel.help ?? "", exprs };
  }

  /** What can be taken away. @returns {import("./sheet.js").Deed[]} */
  exports() {
    const { panel, stage } = this;
    const name = (/** @type {string} */ ending) => fileName(panel.id, stage.range, ending);
    return [
      { name: "CSV", act: () => download(new Blob([csvOf(panel, /** @type {Shown} */ (this.shown))], { type: "text/csv" }), name("csv")) },
      {
        name: "PNG",
        act: async () => download(await pictureOf({ panel, chart: this._chart, stage, isDemo: stage.isDemo }), name("png")),
      },
    ];
  }
}
