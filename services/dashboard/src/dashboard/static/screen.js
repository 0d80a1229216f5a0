// @ts-check
// Draws what is there: tiles, table, charts and what is missing; at most once a frame. A held view
// is drawn no more, and what came meanwhile is counted.

import { tick as tickAges } from "./ages.js";
import { Board } from "./board.js";
import { ConfigurationView } from "./configuration.js";
import { byId, setText } from "./dom.js";
import { Frames } from "./frames.js";
import { LiveTable } from "./live.js";
import { historyNotice, knownUntil, missingOf, showConnection, showHistory } from "./notices.js";
import { hasNumbers, liveReadings } from "./readings.js";
import { Health } from "./strip.js";
import { Tiles } from "./tiles.js";

/** @typedef {import("./types.js").Hello} Hello */
/** @typedef {import("./types.js").Strip} Strip */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./view.js").View} View */
/** @typedef {import("./socket.js").Connection} Connection */
/**
 * @typedef {{onVisible: (ids: string[]) => void, onZoom: (start: number, end: number) => void,
 *   onZoomOut: () => void, onFull: (id: string|null) => void}} Told
 */

const TICK_MS = 200;
const CALM_TICK_MS = 1000;
const TILES_GROUP = "now";

export class Screen {
  /**
   * @param {View} view @param {() => number} unixNow by the server's clock @param {Told} told
   * @param {(missed: number) => void} onMissed
   */
  constructor(view, unixNow, told, onMissed) {
    this._view = view;
    this._unixNow = unixNow;
    this._told = told;
    this._onMissed = onMissed;
    this._frames = new Frames();
    this._live = new LiveTable();
    this._configuration = new ConfigurationView();
    this._health = new Health(unixNow);
    /** @type {Hello|null} */
    this._hello = null;
    /** @type {Strip|null} */
    this._strip = null;
    /** @type {Connection|null} */
    this._connection = null;
    /** @type {Board|null} */
    this._board = null;
    /** @type {Tiles|null} */
    this._tiles = null;
    this.isPaused = false;
    this._missed = 0;
    this._isDrawing = false;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    setInterval(() => this._tick(), isCalm ? CALM_TICK_MS : TICK_MS);
  }

  /** What it is built of; built anew where that changed. @param {Hello} hello */
  build(hello) {
    if (JSON.stringify(hello) === JSON.stringify(this._hello)) return;
    this._hello = hello;
    if (this.isPaused) this.hold(false); // what was held is of other panels
    this._board?.destroy();
    this._tiles?.destroy();
    this._board = new Board({ hello, element: byId("board"), ...this._told });
    this._board.setView(this._view, this.isPaused);
    const tiles = hello.panels.filter((panel) => panel.group === TILES_GROUP && panel.kind === "tile");
    this._tiles = new Tiles(tiles, hello.scrape_seconds, this._told.onFull);
  }

  /** @param {Strip} strip */
  showStrip(strip) {
    this._strip = strip;
    this._health.show(strip);
    byId("demo").hidden = !strip.is_demo;
    this._entitle();
    this._schedule();
  }

  /** So that it is seen in a tab, too. */
  _entitle() {
    const isWell = byId("verdict-dot").dataset.state === "ok";
    document.title = `${isWell ? "" : "⚠ "}Ollama Observe${this._strip?.is_demo ? " (demo data)" : ""}`;
  }

  /** Frames, and the tables. @param {Message} message */
  take(message) {
    if (message.type === "live") this._live.hear(message, performance.now());
    else if (message.type === "configuration") this._configuration.hear(message);
    else this._frames.apply(message);
    if (!this.isPaused) this._schedule();
    else {
      this._onMissed((this._missed += 1));
      if (message.type === "frame") this._board?.fill();
    }
  }

  /** @param {Connection} connection */
  showConnection(connection) {
    this._connection = connection;
    this._live.isLost = connection.kind !== "open";
    const isLost = this._live.isLost && this._strip !== null;
    byId("main").classList.toggle("is-stale", isLost);
    if (isLost && connection.heard !== null) {
      this._health.lose(this._unixNow() - (performance.now() - connection.heard) / 1000);
      this._entitle();
    }
    this._schedule();
  }

  /** @param {View} view */
  setView(view) {
    this._view = view;
    this._board?.setView(view, this.isPaused);
    this._schedule();
  }

  /** @param {boolean} isPaused */
  hold(isPaused) {
    this.isPaused = isPaused;
    byId("main").classList.toggle("is-held", isPaused);
    this._missed = 0;
    this._onMissed(0);
    this.setView(this._view);
  }

  setTheme() {
    this._board?.setTheme();
    this._tiles?.setTheme();
    this._schedule();
  }

  _schedule() {
    if (this._isDrawing) return;
    this._isDrawing = true;
    requestAnimationFrame(() => {
      this._isDrawing = false;
      this._draw();
    });
  }

  _draw() {
    this._showConnection();
    const { now, unixNow } = this._known();
    if (!this._hello || !this._strip) return;
    const notice = historyNotice(this._strip, this._hello.scrape_seconds);
    showHistory(notice, unixNow);
    if (this.isPaused) return;
    byId("board").hidden = notice !== null && notice.command !== "" && !this._hasHistory();
    const heldOf = (/** @type {string} */ id) => this._frames.shown(id, true);
    const live = liveReadings(this._live.numbers(this._view, now));
    const known = { now: unixNow, newest: this._strip.newest, missing: missingOf(this._strip) };
    this._tiles?.show(heldOf, live, known);
    this._live.show(this._view, now, unixNow);
    this._configuration.show(this._view.models, unixNow);
    this._board?.update(this._frames, this._strip);
  }

  _hasHistory() {
    const ids = this._hello?.panels.map((panel) => panel.id) ?? [];
    return ids.some((id) => hasNumbers(this._frames.shown(id, false)));
  }

  _tick() {
    if (document.hidden) return;
    this._showConnection();
    const { now, unixNow } = this._known();
    if (!this.isPaused) this._live.tick(this._view, now, unixNow);
    tickAges(byId("main"), unixNow);
  }

  /** Its age goes on while all others stop. */
  _showConnection() {
    if (this._connection) showConnection(this._connection, performance.now(), this._unixNow());
  }

  /** Up to when anything is known: now, as long as something is heard. Units: milliseconds, seconds. */
  _known() {
    const now = performance.now();
    const until = knownUntil(this._connection, now);
    return { now: until, unixNow: this._unixNow() - (now - until) / 1000 };
  }
}
