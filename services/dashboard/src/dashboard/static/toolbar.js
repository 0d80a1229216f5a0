// @ts-check
// The handles of the view: range, models, routing, total or by model, pause, theme.

import { byId, setText } from "./dom.js";
import { ModelFilter, filterLabel } from "./models.js";
import { createSegments } from "./segments.js";
import { RANGES, isLive, withModel, withRange, zoomedOut } from "./view.js";

/** @typedef {import("./view.js").View} View */

const ROUTINGS = Object.freeze([
  { value: "", label: "All", title: "Requests of either way" },
  { value: "direct", label: "Direct", title: "Requests that went straight to Ollama" },
  { value: "portkey", label: "Portkey", title: "Requests that went through the gateway" },
]);
const SPLITS = Object.freeze([
  { value: "total", label: "Total" },
  { value: "model", label: "By model" },
]);
/** Below this length seconds tell the ends apart; above the next, days do. */
const SHORT_SECONDS = 600;
const LONG_SECONDS = 86_400;
const TIME = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = /** @type {const} */ ({ day: "numeric", month: "short" });

/**
 * "16:18 – 16:40", with the days where it is not all of today.
 * @param {number} start @param {number} end @param {number} now @param {string} [timeZone]
 */
export function stretchLabel(start, end, now, timeZone) {
  const length = end - start;
  const isToday = length < LONG_SECONDS && now - start < LONG_SECONDS;
  const second = length < SHORT_SECONDS ? /** @type {const} */ ({ second: "2-digit" }) : {};
  const options = { ...(isToday ? {} : DAY), ...TIME, ...second, timeZone };
  const format = new Intl.DateTimeFormat("en-GB", options);
  return `${format.format(start * 1000)} – ${format.format(end * 1000)}`;
}

/**
 * The view in few words, where there is no room for the handles.
 * @param {View} view @param {boolean} [isFixed] a tile is open, which has its own stretch
 */
export function viewLabel(view, isFixed = false) {
  const range = RANGES.find((one) => one.seconds === view.seconds)?.label ?? "";
  const routing = ROUTINGS.find((one) => one.value === view.routing);
  const stretch = isFixed ? "always 15 m" : isLive(view) ? range : "zoomed";
  const words = [stretch, filterLabel(view.models)];
  return (view.routing && routing ? [...words, routing.label] : words).join(", ");
}

export class Toolbar {
  /**
   * @param {{onView: (change: (view: View) => View) => void, onPause: () => void}} told
   */
  constructor(told) {
    this._told = told;
    const { onView } = told;
    const ranges = RANGES.map(({ label, seconds }, place) => ({
      value: String(seconds),
      label,
      title: `The last ${label} (key ${place + 1})`,
    }));
    this._ranges = createSegments(byId("ranges"), ranges, (value) =>
      onView((view) => withRange(view, Number(value))),
    );
    this._routings = createSegments(byId("routings"), ROUTINGS, (routing) =>
      onView((view) => ({ ...view, routing })),
    );
    this._splits = createSegments(byId("splits"), SPLITS, (value) =>
      onView((view) => ({ ...view, byModel: value === "model" })),
    );
    this.models = new ModelFilter(
      (model, isWanted) => onView((view) => withModel(view, model, isWanted)),
      () => onView((view) => ({ ...view, models: [] })),
    );
    byId("pause").addEventListener("click", told.onPause);
    byId("zoom").addEventListener("click", () => onView((view) => zoomedOut(view, RANGES)));
  }

  /** @param {View} view @param {readonly string[]} models @param {boolean} isFixed no range applies */
  show(view, models, isFixed) {
    const { start, end } = view;
    this._ranges.set(isLive(view) ? String(view.seconds) : null);
    this._routings.set(view.routing);
    this._splits.set(view.byModel ? "model" : "total");
    this.models.show(models, view.models);
    byId("ranges").hidden = isFixed;
    byId("fixed-range").hidden = !isFixed;
    byId("zoom").hidden = isFixed || start === null || end === null;
    if (start !== null && end !== null) setText(byId("zoom-label"), stretchLabel(start, end, Date.now() / 1000));
  }

  /** @param {boolean} isPaused @param {number} missed updates since then */
  showPause(isPaused, missed) {
    const button = byId("pause");
    button.setAttribute("aria-pressed", String(isPaused));
    setText(byId("pause-label"), isPaused ? "Go on" : "Pause");
    const updates = missed === 1 ? "1 update" : `${missed} updates`;
    byId("held").hidden = !isPaused;
    setText(byId("pause-missed"), isPaused ? `The view is held: ${updates} missed.` : "");
  }
}
