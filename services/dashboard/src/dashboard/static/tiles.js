// @ts-check
// The tiles of band 2: the number of now, a quarter of an hour behind it, and why there is none.

import { setAge } from "./ages.js";
import { byId, el, setAttribute, setText } from "./dom.js";
import { UNKNOWN, number } from "./format.js";
import { bestOf, hasNumbers, placesOf, readingOf } from "./readings.js";
import { Spark } from "./spark.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./frames.js").Shown} Shown */
/** @typedef {import("./readings.js").Reading} Reading */
/** @typedef {{panel: Panel, node: HTMLElement, title: HTMLElement, value: HTMLElement,
 *   note: HTMLElement, age: HTMLElement, spark: Spark}} Tile */

export class Tiles {
  /**
   * @param {Panel[]} panels of the group `now` @param {number} scrapeSeconds
   * @param {(id: string) => void} onOpen
   */
  constructor(panels, scrapeSeconds, onOpen) {
    this._panels = panels;
    this._scrapeSeconds = scrapeSeconds;
    this._onOpen = onOpen;
    /** @type {Tile[]} */
    this._tiles = [];
    this._list = byId("tiles");
    this._list.replaceChildren();
  }

  /**
   * @param {(id: string) => Shown|null} shownOf
   * @param {Record<string, {value: number, isBetter: boolean}>} live what the proxy says itself, by panel
   * @param {{now: number, newest: number|null, missing: string}} known by the server's clock, and by
   *   Prometheus
   */
  show(shownOf, live, known) {
    const places = placesOf(this._panels, (id) => hasNumbers(shownOf(id)));
    places.forEach((panel, place) => this._place(panel, place));
    for (const tile of this._tiles) {
      const shown = shownOf(tile.panel.id);
      const reading = readingOf(tile.panel, shown, { ...known, scrapeSeconds: this._scrapeSeconds });
      tell(tile, bestOf(reading, live[tile.panel.id]), known.now);
      tile.spark.update(shown);
    }
  }

  setTheme() {
    for (const tile of this._tiles) tile.spark.setTheme();
  }

  destroy() {
    for (const tile of this._tiles) tile.spark.destroy();
  }

  /** @param {Panel} panel @param {number} place */
  _place(panel, place) {
    const there = this._tiles[place];
    if (there?.panel === panel) return;
    const made = make(panel, this._onOpen);
    there?.spark.destroy();
    if (there) there.node.replaceWith(made.node);
    else this._list.append(made.node);
    this._tiles[place] = made;
  }
}

/** @param {Panel} panel @param {(id: string) => void} onOpen @returns {Tile} */
function make(panel, onOpen) {
  const button = el("button", { class: "tile-open", type: "button" }, panel.title);
  button.title = panel.help ?? "";
  button.addEventListener("click", () => onOpen(panel.id));
  const [title, value, note, age] = [
    el("h3", { class: "tile-title" }, button),
    el("p", { class: "tile-value" }, UNKNOWN),
    el("p", { class: "tile-note quiet" }),
    el("span", { class: "tile-age quiet" }),
  ];
  const line = el("div", { class: "tile-line" });
  const node = el("li", { class: "tile", "data-panel": panel.id }, title, value, line, age, note);
  return { panel, node, title, value, note, age, spark: new Spark(line, panel) };
}

/** Why, without what would help: that stands on hover, and in the panel itself.
 * @param {string} note @param {Panel} panel */
function briefly(note, panel) {
  return note.endsWith(panel.absent) ? note.slice(0, note.length - panel.absent.length) + panel.absent.split(": ")[0] : note;
}

/** @param {Tile} tile @param {Reading} reading @param {number} now */
function tell(tile, reading, now) {
  const { value, labels } = reading;
  setText(tile.value, number(value, tile.panel.unit, labels));
  setText(tile.note, briefly(reading.note, tile.panel));
  setAttribute(tile.note, "title", reading.note || null);
  setAge(tile.age, reading.isStale ? reading.at : null, now, { after: " ago" });
  tile.node.classList.toggle("is-stale", reading.isStale);
  tile.node.classList.toggle("is-empty", value === null && reading.note !== "");
}
