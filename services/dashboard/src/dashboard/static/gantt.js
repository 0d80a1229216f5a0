// @ts-check
// Which model was loaded when: a row for each, a bar while it was; what it takes, and until when.

import { modelSlot } from "./colours.js";
import { el, keyed, setText } from "./dom.js";
import { number, span } from "./format.js";
import { createPlot, END, sizeOf } from "./plot.js";
import { lastOf, roleOf, timesOf } from "./series.js";
import { uPlot } from "./uplot.js";
import { veilOf } from "./veil.js";

/** @typedef {import("./frames.js").Shown} Shown */
/**
 * A model's row. `bars` are stretches of points, first and last; the numbers are the newest, null
 * where nobody knows or it is not loaded.
 * @typedef {{name: string, bars: [number, number][], isLoaded: boolean, memory: number|null,
 *   spill: number|null, expiry: number|null}} Lane
 */

/** Stretches without a gap. @param {(number|null)[]} values @returns {[number, number][]} */
export function stretches(values) {
  /** @type {[number, number][]} */
  const found = [];
  values.forEach((value, n) => {
    if (value === null) return;
    if (n > 0 && values[n - 1] !== null) found[found.length - 1][1] = n;
    else found.push([n, n]);
  });
  return found;
}

/** @param {import("./types.js").Panel} panel @param {Shown} shown @returns {Lane[]} the latest loaded first */
export function lanesOf(panel, shown) {
  /** @type {Map<string, Record<string, (number|null)[]>>} */
  const byName = new Map();
  for (const one of shown.series) {
    const name = one.labels.model ?? "";
    const role = roleOf(panel, one.query);
    const roles = byName.get(name) ?? {};
    roles[role] = roles[role] ? roles[role].map((value, n) => value ?? one.values[n]) : one.values;
    byName.set(name, roles);
  }
  const lanes = [...byName].map(([name, roles]) => lane(name, roles));
  const newest = (/** @type {Lane} */ one) => one.bars[one.bars.length - 1]?.[1] ?? -1;
  return lanes.sort((one, other) => newest(other) - newest(one) || (one.name < other.name ? -1 : 1));
}

/** @param {string} name @param {Record<string, (number|null)[]>} roles @returns {Lane} */
function lane(name, roles) {
  const values = roles.line ?? roles.memory ?? [];
  const isLoaded = lastOf(values) !== null;
  const newest = (/** @type {string} */ role) => (isLoaded && roles[role] ? lastOf(roles[role]) : null);
  const [memory, spill, expiry] = ["memory", "spill", "expiry"].map(newest);
  return { name, bars: stretches(values), isLoaded, memory, spill, expiry };
}

/** What a model takes, and until when. @param {Lane} one @param {number} now Unix time @returns {[string, string]} */
function wordsOf(one, now) {
  if (!one.isLoaded) return ["not loaded", ""];
  const parts = [number(one.memory, "bytes")];
  if (one.spill !== null) parts.push(one.spill > 0 ? `${number(one.spill, "bytes")} of it on CPU` : "all on GPU");
  return [parts.join(", "), one.expiry === null ? "no expiry" : until(one.expiry - now)];
}

/** @param {Lane} one @param {number} now Unix time */
export const sentence = (one, now) => wordsOf(one, now).filter(Boolean).join(", ");

/**
 * Where a bar begins and ends: a point says what was there within the step before it.
 * @param {[number, number]} bar @param {Shown} shown @returns {[number, number]} Unix time
 */
export const edgesOf = ([first, last], { start, step }) => [start + (first - 1) * step, start + last * step];

/** @param {number} seconds */
function until(seconds) {
  if (seconds > 10 * 365 * 86_400) return "stays";
  return seconds > 0 ? `unloads in ${span(seconds)}` : "unloads now";
}

/** How high a row is, with one line of words and with two. */
const [LOW, TALL] = [34, 52];
const BAR = 10;
const MOST_TALL = 4;
/** Above and below the rows. */
const AROUND = 50;
const PAST_SECONDS = 120;

export class Gantt {
  /**
   * @param {{element: HTMLElement, aside: HTMLElement, panel: import("./types.js").Panel,
   *   stage: import("./plot.js").Stage, isNarrow: () => boolean}} place
   */
  constructor({ element, aside, panel, stage, isNarrow }) {
    this.element = element;
    this._isNarrow = isNarrow;
    this.panel = panel;
    this.stage = stage;
    aside.hidden = true;
    /** @type {Lane[]} */
    this.lanes = [];
    /** @type {Shown|null} */
    this._shown = null;
    /** @type {any} */
    this.u = null;
    this._rows = el("ul", { class: "lanes" });
    this._timer = setInterval(() => stage.isPaused() || this._say(), 1000);
  }

  /** @param {Shown} shown */
  update(shown) {
    this._shown = shown;
    this.lanes = lanesOf(this.panel, shown);
    const data = [timesOf(shown), Array(shown.count).fill(null)];
    if (this.u) this.u.setData(data);
    else this._build(data);
    this._grow();
    this._say();
  }

  redraw() {
    this.u?.setData(this.u.data);
  }

  resize() {
    this.u?.setSize(sizeOf(this.element));
    this._say();
  }

  restyle() {
    this._grow();
    this.resize();
    this.u?.redraw(false, true);
  }

  destroy() {
    clearInterval(this._timer);
    this.u?.destroy();
    this.u = null;
    this.element.replaceChildren();
  }

  values() {
    return this.lanes.map((one) => `${one.name} ${sentence(one, this._now)}`);
  }

  /** For pictures. @returns {import("./picture.js").Entry[]} */
  legend() {
    const { series } = this.stage.theme;
    return this._shownLanes.map((one) => ({
      text: `${one.name}: ${sentence(one, this._now)}`,
      colour: series[modelSlot(one.name)],
      dash: [],
    }));
  }

  /** @param {any[]} data */
  _build(data) {
    this.u = createPlot(this.element, this.stage, {
      data,
      series: [{ points: { show: false } }],
      y: { range: () => [0, 1] },
      yAxis: { show: false },
      right: END,
      left: END,
      veil: () => veilOf(this.stage.behind, this.panel, this._shown),
      under: (u) => this._bars(u),
    });
    this.u.over.append(this._rows);
  }

  /** Of a stretch in the past, its end: the countdown is as it was then. */
  get _now() {
    const [now, end] = [this.stage.now(), this.stage.range[1]];
    return this.stage.isPaused() || now - end > PAST_SECONDS ? end : now;
  }

  get _row() {
    return this._isNarrow() ? TALL : LOW;
  }

  /** Those that there is room for; one row less where the last has to say what is left. */
  get _shownLanes() {
    const room = Math.max(1, Math.floor((sizeOf(this.element).height - AROUND) / this._row));
    return this.lanes.length <= room ? this.lanes : this.lanes.slice(0, room - 1);
  }

  /** In full width there is room for all, and where rows are tall for some. */
  _grow() {
    const panel = /** @type {HTMLElement} */ (this.element.closest(".panel"));
    const most = panel.matches(".is-full") ? Infinity : this._isNarrow() ? MOST_TALL : 0;
    panel.style.setProperty("--lanes", `${AROUND + Math.min(most, this.lanes.length) * this._row}px`);
  }

  _say() {
    if (!this.u) return;
    const shown = this._shownLanes;
    const rest = this.lanes.length - shown.length;
    const items = shown.map((one) => ({ key: one.name, words: wordsOf(one, this._now) }));
    if (rest > 0) items.push({ key: "", words: [`and ${rest} more: full width shows them`, ""] });
    keyed(this._rows, items, (item) => item.key, lineOf, (node, { words }) => {
      const [, takes, until] = node.children;
      setText(takes, words[0]);
      setText(until, words[1]);
    });
  }

  /** @param {any} u */
  _bars(u) {
    if (!this._shown) return;
    const shown = this._shown;
    const ratio = uPlot.pxRatio;
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const row = this._row;
    this._shownLanes.forEach((one, n) => {
      const y = bbox.top + ((n + 1) * row - BAR - 4) * ratio;
      ctx.fillStyle = this.stage.theme.hairline;
      ctx.fillRect(bbox.left, y + (BAR / 2) * ratio, bbox.width, ratio);
      ctx.fillStyle = this.stage.theme.series[modelSlot(one.name)];
      for (const bar of one.bars) {
        const [left, right] = edgesOf(bar, shown).map((time) => u.valToPos(time, "x", true));
        ctx.fillRect(left, y, Math.max(2 * ratio, right - left), BAR * ratio);
      }
    });
    ctx.restore();
  }
}

/** @param {{key: string}} item */
const lineOf = (item) => el("li", {}, el("b", {}, item.key), el("span"), el("span", { class: "until" }));
