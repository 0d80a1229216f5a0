// @ts-check
// Lines over time, and areas where series add up to something.

import { translucent } from "./colours.js";
import { setText } from "./dom.js";
import { isWhole, number, scaleOf } from "./format.js";
import { Labels, LOW, MOST as MOST_LABELS, TALL, textWidth, widthOf } from "./labels.js";
import { Legend, toggled } from "./legend.js";
import { createPlot, END, lonePoints, sizeOf } from "./plot.js";
import { lastOf, rowsOf, stacked, timesOf } from "./series.js";
import { colourOf, dashOf, lineWidthOf } from "./styles.js";
import { drawWords } from "./thresholds.js";
import { linear, logarithmic, written } from "./ticks.js";
import { uPlot } from "./uplot.js";
import { veilOf } from "./veil.js";

/** @typedef {import("./series.js").Row} Row */
/** @typedef {import("./frames.js").Shown} Shown */

const FILL = 0.5;
/** Shares that make numbers of three digits, without and with a point, where the largest has fewer. */
const ODD = [1, 0.777, 0.0777];
/** A threshold further away than this does not flatten what is below it. */
const FAR = 2.5;

export class Chart {
  /**
   * @param {{element: HTMLElement, aside: HTMLElement, panel: import("./types.js").Panel,
   *   stage: import("./plot.js").Stage, isNarrow: () => boolean}} place
   */
  constructor({ element, aside, panel, stage, isNarrow }) {
    this.element = element;
    this.panel = panel;
    this.stage = stage;
    this._aside = aside;
    this._isNarrow = isNarrow;
    this._taken = new Map();
    /** @type {ReadonlySet<string>} */
    this._hidden = new Set();
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Shown|null} */
    this._shown = null;
    this._signature = "";
    /** @type {any} */
    this.u = null;
    /** @type {Labels|null} */
    this._labels = null;
    /** @type {Legend|null} */
    this._legend = null;
    this._axis = { min: 0, max: 1, ticks: [0, 1] };
    this._scale = { factor: 1, symbol: "" };
    /** How wide labels have to be; they grow with what they say, and do not shrink. */
    this._labelRoom = { width: 0, isTall: false, isCut: false };
    this._unit = document.createElement("span");
    this._unit.className = "unit";
  }

  get isStacked() {
    return this.panel.kind === "stacked";
  }

  /** @returns {Row[]} those that are no thresholds */
  get drawn() {
    return this.rows.filter((row) => row.role !== "threshold");
  }

  /** What the axis counts in. */
  get unit() {
    const symbol = this._scale.symbol || (this.panel.unit === "requests" ? "requests" : "");
    return [symbol, this.panel.is_logarithmic ? "log" : ""].filter(Boolean).join(", ");
  }

  /** @param {Shown} shown */
  update(shown) {
    this._shown = shown;
    const all = rowsOf(this.panel, shown, this._taken);
    this.rows = [...all.filter((row) => row.role !== "threshold"), ...all.filter((row) => row.role === "threshold")];
    const signature = JSON.stringify([this.rows.map((row) => row.key), this._isNarrow()]);
    const isOther = signature !== this._signature || !this.u;
    if (isOther) this._labelRoom.width = 0;
    const room = this._labelWidth();
    if (isOther || room.width > this._labelRoom.width) {
      this._signature = signature;
      this._labelRoom = room;
      this._build();
    } else this.u.setData(this._data());
    this._say(null);
  }

  /** As it is, with another range, theme or mark. */
  redraw() {
    this.u?.setData(this.u.data);
  }

  resize() {
    this.u?.setSize(sizeOf(this.element));
  }

  /** Colours are of the theme. */
  restyle() {
    this._signature = "";
    if (this._shown) this.update(this._shown);
  }

  destroy() {
    this.u?.destroy();
    this.u = null;
    this.element.replaceChildren();
    this._aside.replaceChildren();
  }

  /** What a reader hears. @returns {string[]} */
  values() {
    return this.drawn.map((row) => `${row.name || "all"} ${this._text(row, lastOf(row.values))}`);
  }

  /** For pictures. @returns {import("./picture.js").Entry[]} */
  legend() {
    return this.drawn.map((row) => ({
      text: `${row.name || this.panel.title} ${this._text(row, lastOf(row.values))}`,
      colour: colourOf(row, this.stage.theme),
      dash: dashOf(row),
    }));
  }

  _build() {
    this.destroy();
    const { rows, drawn } = this;
    const { width, isTall, isCut } = this._labelRoom;
    const room = (this.element.clientHeight - 34) / (isTall ? TALL : LOW);
    const isDirect = drawn.length <= Math.min(MOST_LABELS, room) && !(isCut && this._isNarrow());
    this._aside.hidden = isDirect;
    const right = isDirect ? width : END;
    this.u = createPlot(this.element, this.stage, {
      data: this._data(),
      series: rows.map((row) => this._series(row)),
      bands: this.isStacked ? drawn.slice(1).map((_, n) => ({ series: [n + 2, n + 1] })) : [],
      y: this._yScale(),
      yAxis: this._yAxis(),
      right,
      veil: () => veilOf(this.stage.behind, this.panel, this._shown),
      over: (u) => {
        drawWords(u, this.rows, this.stage.theme, (row, value) => this._text(row, value));
        this._place(u);
      },
      drawn: (u, n) => lonePoints(u, n),
      onCursor: (u) => this._say(u.cursor.left >= 0 ? u.cursor.idx : null),
    });
    this.element.append(this._unit);
    this._labels = isDirect ? new Labels(this.element, isTall) : null;
    this._labels?.show(drawn, this.stage.theme, right - 4);
    this._legend = isDirect ? null : new Legend(this._aside, this.panel.title, (key, isAlone) => this._toggle(key, isAlone));
    this._legend?.show(drawn, this.stage.theme, this._hidden);
  }

  /** With room for as many digits as there may be. */
  _labelWidth() {
    const drawn = this.drawn.slice(0, MOST_LABELS);
    const names = drawn.map((row) => textWidth(row.name));
    const values = drawn.map((row) => {
      const most = Math.max(...row.values.map((value) => value ?? 0));
      const long = [...ODD.map((share) => share * most), lastOf(row.values)];
      return Math.max(...long.map((value) => textWidth(this._text(row, value), "600")));
    });
    return widthOf(names, values, this._isNarrow() ? 104 : 208);
  }

  /** @param {string} key @param {boolean} isAlone */
  _toggle(key, isAlone) {
    const { drawn } = this;
    this._hidden = toggled(this._hidden, key, drawn.map((row) => row.key), isAlone);
    this._legend?.show(drawn, this.stage.theme, this._hidden);
    if (this._shown) this.update(this._shown);
  }

  /** @param {Row} row */
  _series(row) {
    const colour = colourOf(row, this.stage.theme);
    const isLine = row.role !== "threshold";
    return {
      label: row.name,
      stroke: isLine || row.labels.model ? colour : this.stage.theme.ink,
      width: lineWidthOf(row),
      dash: dashOf(row),
      auto: isLine,
      fill: this.isStacked && isLine ? translucent(colour, FILL) : undefined,
      points: { show: false },
      spanGaps: false,
    };
  }

  _data() {
    const shown = /** @type {Shown} */ (this._shown);
    const blank = Array(shown.count).fill(null);
    const least = this.panel.is_logarithmic ? 0 : -Infinity;
    const columns = this.rows.map((row) =>
      this._hidden.has(row.key) ? blank : least === 0 ? row.values.map((v) => (v !== null && v > 0 ? v : null)) : row.values,
    );
    const count = this.drawn.length;
    const lines = this.isStacked ? stacked(columns.slice(0, count)) : columns.slice(0, count);
    return [timesOf(shown), ...lines, ...columns.slice(count)];
  }

  _yScale() {
    return {
      distr: this.panel.is_logarithmic ? 3 : 1,
      range: (/** @type {any} */ _, /** @type {number|null} */ low, /** @type {number|null} */ high) => {
        const { unit, most } = this.panel;
        const limits = this.rows.filter((row) => row.role === "threshold").map((row) => lastOf(row.values) ?? 0);
        const near = limits.filter((limit) => limit <= (high ?? 0) * FAR);
        const top = Math.max(high ?? 0, ...near);
        this._scale = scaleOf(unit, top, this.rows[0]?.labels);
        const how = { isBinary: unit.startsWith("bytes"), isWhole: isWhole(unit), most };
        this._axis = this.panel.is_logarithmic ? logarithmic(low ?? 0, top) : linear(low ?? 0, top, this._scale.factor, how);
        return [this._axis.min, this._axis.max];
      },
    };
  }

  _yAxis() {
    return {
      splits: () => this._axis.ticks,
      filter: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks,
      values: () => written(this._axis.ticks, this._scale.factor),
    };
  }

  /** @param {Row} row @param {number|null} value */
  _text(row, value) {
    return number(value, this.panel.unit, row.labels);
  }

  /** @param {number|null} at where the cursor is; null: the newest */
  _say(at) {
    const texts = this.drawn.map((row) => this._text(row, at === null ? lastOf(row.values) : row.values[at]));
    this._labels?.say(texts);
    this._legend?.say(texts);
  }

  /** The unit and the labels, where the scales are by now. @param {any} u */
  _place(u) {
    setText(this._unit, this.unit);
    if (!this._labels) return;
    const ratio = uPlot.pxRatio;
    const [top, height] = [u.bbox.top / ratio, u.bbox.height / ratio];
    const ends = this.drawn.map((_, n) => u.data[n + 1].findLast((/** @type {number|null} */ v) => v !== null) ?? this._axis.min);
    this._labels.place(ends.map((value) => top + u.valToPos(value, "y")), top - 6, top + height + 10);
  }
}
