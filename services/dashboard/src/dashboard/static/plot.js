// @ts-check
// What all charts have in common: the time axis, the one cursor, zoom, marks, and the veil over
// what is not known. uPlot draws; the board says which stretch of time.

import { font } from "./font.js";
import { moment } from "./format.js";
import { clustered, drawMarks, NEAR, sentence } from "./marks.js";
import { localOffset, times, timeText } from "./ticks.js";
import { uPlot } from "./uplot.js";
import { drawVeil } from "./veil.js";

/** @typedef {import("./colours.js").Theme} Theme */
/**
 * What charts are told by the board, and tell it. `range` is what is shown, `behind` the instant
 * after which nothing is known of the proxy, with a word. While it is paused nothing changes.
 * @typedef {{range: [number, number], theme: Theme, marks: import("./marks.js").Mark[],
 *   behind: import("./veil.js").Behind|null, isLive: boolean, now: () => number, isPaused: () => boolean,
 *   onZoom: (start: number, end: number) => void, onZoomOut: () => void,
 *   preview: (start: number, end: number) => void}} Stage
 */
/**
 * `left` and `right` are rooms beside the plot, `veil` what covers it.
 * @typedef {{series: object[], data: any[], y: object, yAxis: object, right: number, left?: number,
 *   bands?: object[], veil: () => import("./veil.js").Behind|null, under?: (u: any) => void,
 *   over?: (u: any) => void, drawn?: (u: any, n: number) => void, onCursor?: (u: any) => void, tip?: (u: any) => string}} Parts
 */

const TOP = 26;
/** Beside a plot without labels at its right, for half of the last time. */
export const END = 20;
const Y_WIDTH = 46;
const X_HEIGHT = 24;
const ZOOM_PER_NOTCH = 1.25;
const WHEEL_REST_MS = 180;
/** Only where the pointer is goes to the others: a drag or a click is one chart's. */
const isShared = (/** @type {string} */ type) => type === "mousemove";

/** @param {HTMLElement} element @param {Stage} stage @param {Parts} parts @returns {any} uPlot */
export function createPlot(element, stage, parts) {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  const u = new uPlot(optionsOf(element, stage, parts, tip), parts.data, element);
  u.over.append(tip);
  listen(u, stage, tip);
  return u;
}

/** @param {HTMLElement} element @param {Stage} stage @param {Parts} parts @param {HTMLElement} tip */
function optionsOf(element, stage, parts, tip) {
  const { theme } = stage;
  return {
    ...sizeOf(element),
    padding: [TOP, parts.right, 0, parts.left ?? 0],
    legend: { show: false },
    cursor: cursorOf(stage),
    select: { show: true },
    scales: { x: { time: true, range: () => stage.range }, y: parts.y },
    axes: [
      { ...axis(stage), size: X_HEIGHT, gap: 4, grid: { show: false }, ...timeAxis() },
      { ...axis(stage), size: Y_WIDTH, gap: 6, grid: { stroke: () => stage.theme.hairline, width: 1 }, ...parts.yAxis },
    ],
    series: [{}, ...parts.series],
    bands: parts.bands ?? [],
    hooks: {
      drawClear: [(/** @type {any} */ u) => parts.under?.(u)],
      drawSeries: [(/** @type {any} */ u, /** @type {number} */ n) => parts.drawn?.(u, n)],
      draw: [(/** @type {any} */ u) => drawOver(u, stage, parts)],
      setSelect: [(/** @type {any} */ u) => selected(u, stage)],
      setCursor: [(/** @type {any} */ u) => moved(u, stage, parts, tip)],
    },
  };
}

/** @param {HTMLElement} element */
export const sizeOf = (element) => ({
  width: Math.max(120, element.clientWidth),
  height: Math.max(80, element.clientHeight),
});

/** @param {Stage} stage */
function axis(stage) {
  return { font: font(), stroke: () => stage.theme.quiet, ticks: { show: false }, border: { show: false } };
}

function timeAxis() {
  let step = 1;
  return {
    splits: (/** @type {any} */ u, /** @type {number} */ _, /** @type {number} */ min, /** @type {number} */ max) => {
      const most = Math.max(2, Math.min(5, Math.floor(u.bbox.width / uPlot.pxRatio / 52)));
      const found = times(min, max, most, localOffset);
      step = found.step;
      return found.ticks;
    },
    values: (/** @type {any} */ _, /** @type {number[]} */ ticks) =>
      ticks.map((tick) => timeText(tick, step, localOffset(tick))),
  };
}

/** @param {Stage} stage */
function cursorOf(stage) {
  return {
    y: false,
    points: { size: (/** @type {any} */ u, /** @type {number} */ n) => (u.series[n].auto === false ? 0 : 6), width: 0 },
    drag: { x: true, y: false, setScale: false, dist: 4 },
    sync: { key: "board", scales: ["x", null], filters: { pub: isShared, sub: isShared } },
    bind: {
      dblclick: () => () => {
        stage.onZoomOut();
        return null;
      },
    },
  };
}

/** @param {any} u @param {Stage} stage */
function selected(u, stage) {
  const { left, width } = u.select;
  if (width < 4) return;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  stage.onZoom(Math.floor(u.posToVal(left, "x")), Math.ceil(u.posToVal(left + width, "x")));
}

/** @param {any} u @param {Stage} stage */
const clustersOf = (u, stage) => clustered(stage.marks, (time) => u.valToPos(time, "x"));

/** @param {any} u @param {Stage} stage @param {Parts} parts */
function drawOver(u, stage, parts) {
  const ratio = uPlot.pxRatio;
  const behind = parts.veil();
  if (behind) drawVeil(u, behind, stage.theme, ratio);
  parts.over?.(u);
  drawMarks(u, clustersOf(u, stage), stage.theme, ratio);
}

/** @param {any} u @param {Stage} stage @param {Parts} parts @param {HTMLElement} tip */
function moved(u, stage, parts, tip) {
  parts.onCursor?.(u);
  const { left } = u.cursor;
  const isHere = left >= 0 && (u.over.matches(":hover") || u.root.parentElement?.matches(":focus-visible"));
  tip.hidden = !isHere;
  if (!isHere) return;
  const near = clustersOf(u, stage).filter(({ x }) => Math.abs(x - left) < NEAR);
  const lines = [moment(u.posToVal(left, "x")), parts.tip?.(u) ?? "", ...near.map(({ marks }) => sentence(marks))];
  tip.textContent = lines.filter(Boolean).join("\n");
  const isRight = left > u.over.clientWidth / 2;
  tip.style.left = isRight ? "" : `${left + 8}px`;
  tip.style.right = isRight ? `${u.over.clientWidth - left + 8}px` : "";
}

/** @param {any} u @param {Stage} stage @param {HTMLElement} tip */
function listen(u, stage, tip) {
  let rest = /** @type {any} */ (null);
  u.over.addEventListener("wheel", (/** @type {WheelEvent} */ event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const [start, end] = stage.range;
    const factor = ZOOM_PER_NOTCH ** Math.max(-3, Math.min(3, event.deltaY / 100));
    const share = event.offsetX / u.over.clientWidth;
    const length = (end - start) * factor;
    const first = start + share * (end - start) - share * length;
    stage.preview(first, first + length);
    clearTimeout(rest);
    rest = setTimeout(() => stage.onZoom(Math.floor(stage.range[0]), Math.ceil(stage.range[1])), WHEEL_REST_MS);
  }, { passive: false });
  u.over.addEventListener("mouseleave", () => (tip.hidden = true));
}

/** Move the cursor by keys; true where the key meant something. @param {any} u @param {string} key */
export function steer(u, key) {
  const count = u.data[0].length;
  const at = u.cursor.idx ?? count - 1;
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 20, PageDown: at + 20, Home: 0, End: count - 1 }[key];
  if (next === undefined || !count) return false;
  const time = u.data[0][Math.max(0, Math.min(count - 1, next))];
  u.setCursor({ left: u.valToPos(time, "x"), top: 8 }, true, true);
  return true;
}

/** A value between two gaps is no line: a short dash, so that it is seen. @param {any} u @param {number} n */
export function lonePoints(u, n) {
  const values = u.data[n];
  const ratio = uPlot.pxRatio;
  u.ctx.fillStyle = u.series[n]._stroke ?? u.series[n].stroke?.(u, n);
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] === null || (values[at - 1] ?? null) !== null || (values[at + 1] ?? null) !== null) continue;
    const [x, y] = [u.valToPos(u.data[0][at], "x", true), u.valToPos(values[at], "y", true)];
    u.ctx.fillRect(x - 2 * ratio, y - 0.75 * ratio, 4 * ratio, 1.5 * ratio);
  }
}
