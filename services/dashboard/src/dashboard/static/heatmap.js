// @ts-check
// A histogram over time: buckets up, time across, counts as lightness of one hue.

import { RAMP_STEPS } from "./colours.js";
import { digits, number } from "./format.js";
import { createPlot, END, sizeOf } from "./plot.js";
import { timesOf } from "./series.js";
import { uPlot } from "./uplot.js";
import { veilOf } from "./veil.js";

/** @typedef {import("./frames.js").Shown} Shown */
/**
 * `edges` are the buckets' upper ones, ascending; `counts[bucket][point]` is null where nothing is
 * known, `most` the largest count.
 * @typedef {{edges: number[], counts: (number|null)[][], most: number}} Buckets
 */

/** @param {string|undefined} le */
const edgeOf = (le) => (le === "+Inf" ? Infinity : Number(le));

/** Cumulative counts by `le`, as counts of each bucket. Empty buckets at both ends are left out. @param {Shown} shown @returns {Buckets} */
export function bucketsOf(shown) {
  const sorted = shown.series
    .filter((one) => !Number.isNaN(edgeOf(one.labels.le)))
    .toSorted((one, other) => edgeOf(one.labels.le) - edgeOf(other.labels.le));
  const counts = sorted.map((one, n) =>
    one.values.map((value, at) => {
      if (value === null) return null;
      return Math.max(0, value - (n > 0 ? (sorted[n - 1].values[at] ?? 0) : 0));
    }),
  );
  const isUsed = counts.map((row) => row.some((count) => (count ?? 0) >= 0.01));
  const first = Math.max(0, isUsed.indexOf(true) - 1);
  const last = isUsed.includes(true) ? Math.min(counts.length - 1, isUsed.lastIndexOf(true) + 1) : counts.length - 1;
  const kept = counts.slice(first, last + 1);
  const edges = sorted.slice(first, last + 1).map((one) => edgeOf(one.labels.le));
  return { edges, counts: kept, most: kept.flat().reduce((a, b) => Math.max(a ?? 0, b ?? 0), 0) ?? 0 };
}

/**
 * Which step of the ramp: few stay apart from none, and from one another.
 * @param {number} count @param {number} most
 */
export function shadeOf(count, most) {
  if (!(count >= 0.01) || !(most > 0)) return -1;
  return Math.min(RAMP_STEPS - 1, Math.floor(Math.sqrt(Math.min(1, count / most)) * RAMP_STEPS));
}

export class Heatmap {
  /**
   * @param {{element: HTMLElement, aside: HTMLElement, panel: import("./types.js").Panel,
   *   stage: import("./plot.js").Stage}} place
   */
  constructor({ element, aside, panel, stage }) {
    this.element = element;
    this.panel = panel;
    this.stage = stage;
    aside.hidden = true;
    /** @type {Buckets} */
    this.buckets = { edges: [], counts: [], most: 0 };
    /** @type {Shown|null} */
    this._shown = null;
    /** @type {any} */
    this.u = null;
    this._key = document.createElement("div");
    this._key.className = "heat-key";
  }

  /** @param {Shown} shown */
  update(shown) {
    this._shown = shown;
    this.buckets = bucketsOf(shown);
    const data = [timesOf(shown), Array(shown.count).fill(null)];
    if (this.u) this.u.setData(data);
    else this._build(data);
    this._sayKey();
  }

  redraw() {
    this.u?.setData(this.u.data);
  }

  resize() {
    this.u?.setSize(sizeOf(this.element));
  }

  restyle() {
    this.destroy();
    if (this._shown) this.update(this._shown);
  }

  destroy() {
    this.u?.destroy();
    this.u = null;
    this.element.replaceChildren();
  }

  /** The newest point's counts. */
  values() {
    const { counts } = this.buckets;
    const at = (counts[0]?.length ?? 0) - 1;
    return counts
      .map((row, n) => [row[at], this._bucket(n)])
      .filter(([count]) => Number(count ?? 0) >= 0.5)
      .map(([count, name]) => `${name}: ${digits(Math.round(Number(count)))}`);
  }

  /** For pictures: the newest counts. @returns {import("./picture.js").Entry[]} */
  legend() {
    return this.values().map((text) => ({ text, colour: "", dash: [] }));
  }

  /** @param {any[]} data */
  _build(data) {
    const indexes = () => this._ticks();
    this.u = createPlot(this.element, this.stage, {
      data,
      series: [{ points: { show: false } }],
      y: { range: () => [0, Math.max(1, this.buckets.edges.length)] },
      yAxis: {
        splits: indexes,
        filter: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks,
        values: () => indexes().map((n) => this._edge(n - 1)),
        size: 58,
      },
      right: END,
      veil: () => veilOf(this.stage.behind, this.panel, this._shown),
      under: (u) => this._cells(u),
      tip: (u) => this._tip(u),
    });
    this.element.append(this._key);
  }

  /** Edges that have a number: at most five, evenly. */
  _ticks() {
    const count = this.buckets.edges.length;
    const stride = Math.max(1, Math.ceil(count / 4));
    return Array.from({ length: count + 1 }, (_, n) => n).filter((n) => n % stride === 0);
  }

  /** @param {number} n of a bucket; below the first is 0 or what was left out */
  _edge(n) {
    const { edges } = this.buckets;
    if (n < 0) return this._low() === 0 ? "0" : number(this._low(), this.panel.unit);
    return edges[n] === Infinity ? "∞" : number(edges[n], this.panel.unit);
  }

  /** The lower edge of the first bucket that is shown. */
  _low() {
    const all = (this._shown?.series ?? []).map((one) => edgeOf(one.labels.le)).filter((edge) => edge < this.buckets.edges[0]);
    return all.length ? Math.max(...all) : 0;
  }

  /** @param {number} n */
  _bucket(n) {
    return this.buckets.edges[n] === Infinity ? `above ${this._edge(n - 1)}` : `${this._edge(n - 1)} to ${this._edge(n)}`;
  }

  /** All cells of a shade at once, neighbours as one. @param {any} u */
  _cells(u) {
    const { counts, most } = this.buckets;
    if (!this._shown) return;
    const { start, step, count } = this._shown;
    const { ctx, bbox } = u;
    const at = (/** @type {number} */ n) => Math.round(u.valToPos(start + (n - 1) * step, "x", true));
    const xs = Array.from({ length: count + 1 }, (_, n) => at(n));
    const ys = Array.from({ length: counts.length + 1 }, (_, n) => Math.round(u.valToPos(n, "y", true)));
    const paths = Array.from({ length: RAMP_STEPS }, () => new Path2D());
    counts.forEach((row, n) => {
      const shades = row.map((value) => shadeOf(value ?? 0, most));
      for (let from = 0, to = 1; from < count; from = to, to += 1) {
        while (to < count && shades[to] === shades[from]) to += 1;
        paths[shades[from]]?.rect(xs[from], ys[n + 1], xs[to] - xs[from], ys[n] - ys[n + 1]);
      }
    });
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    paths.forEach((path, shade) => {
      ctx.fillStyle = this.stage.theme.ramp[shade];
      ctx.fill(path);
    });
    ctx.restore();
  }

  /** @param {any} u */
  _tip(u) {
    if (!this._shown || !u.over.matches(":hover")) return "";
    const n = Math.floor(u.posToVal(u.cursor.top, "y"));
    const at = Math.ceil((u.posToVal(u.cursor.left, "x") - this._shown.start) / this._shown.step);
    const value = this.buckets.counts[n]?.[at];
    if (value === undefined) return "";
    return `${this._bucket(n)}: ${value === null ? "no data" : digits(Math.round(value * 10) / 10)}`;
  }

  /** What the lightnesses mean. */
  _sayKey() {
    const texts = ["few", `${digits(Math.round(this.buckets.most))} a cell`];
    const key = texts[1] + this.stage.theme.ramp[0];
    if (this._key.dataset.said === key) return;
    this._key.dataset.said = key;
    const steps = this.stage.theme.ramp.map((colour) => {
      const cell = document.createElement("i");
      cell.style.background = colour;
      return cell;
    });
    const [few, many] = texts.map((text) => Object.assign(document.createElement("span"), { textContent: text }));
    this._key.replaceChildren(few, ...steps, many);
  }
}
