// @ts-check
// Wires the page: what the server says to the screen, what the user wants to the server.

import { ServerClock } from "./clock.js";
import { isNobody, knownModels } from "./colours.js";
import { byId, setText } from "./dom.js";
import { createHelp } from "./help.js";
import { listen, panelInHand } from "./keys.js";
import { addComplaint, showComplaint } from "./notices.js";
import { Screen } from "./screen.js";
import { Socket } from "./socket.js";
import { Theme, nextOf } from "./theme.js";
import { Toolbar, viewLabel } from "./toolbar.js";
import { fromSearch, toSearch } from "./url.js";
import { RANGES, isSameData, isTile, lookOf, pointsFor, withRange, zoomed, zoomedOut } from "./view.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Hello} Hello */
/** @typedef {import("./view.js").View} View */

class Page {
  constructor() {
    this._clock = new ServerClock(() => Date.now() / 1000);
    /** @type {Hello|null} */
    this._hello = null;
    /** @type {string[]} */
    this._models = [];
    /** @type {string[]} */
    this._visible = [];
    this._view = readAddress();
    this._toolbar = new Toolbar({
      onView: (change) => this._go(change(this._view)),
      onPause: () => this._pause(!this._screen.isPaused),
    });
    this._screen = new Screen(this._view, () => this._clock.now(), this._told(), (missed) =>
      this._toolbar.showPause(this._screen.isPaused, missed),
    );
    this._theme = new Theme(() => this._showTheme());
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this._socket = new Socket(`${scheme}//${location.host}/ws`, {
      onMessage: (message) => this._hear(message),
      onChange: (connection) => this._screen.showConnection(connection),
    });
    this._listen();
    this._showTheme();
    this._showView();
    this._screen.showConnection(this._socket.connection);
    this._socket.connect();
  }

  /** What charts say. */
  _told() {
    return {
      onVisible: (/** @type {string[]} */ ids) => {
        this._visible = ids;
        this._look();
      },
      onZoom: (/** @type {number} */ start, /** @type {number} */ end) =>
        this._go(zoomed(this._view, start, end), true),
      onZoomOut: () => this._go(zoomedOut(this._view, RANGES), true),
      onFull: (/** @type {string|null} */ id) => this._open(id),
    };
  }

  _listen() {
    const help = createHelp();
    const goRound = () => this._theme.choose(nextOf(this._theme.choice));
    listen({
      filter: () => this._openFilter(),
      pause: () => this._pause(!this._screen.isPaused),
      range: (seconds) => this._isFixed || this._go(withRange(this._view, seconds)),
      theme: goRound,
      full: () => this._open(this._view.panel ? null : panelInHand()),
      close: () => this._open(null),
      help: help.toggle,
    });
    byId("theme").addEventListener("click", goRound);
    byId("view-button").addEventListener("click", () => openToolbar(!isToolbarOpen()));
    byId("complaint-close").addEventListener("click", () => showComplaint(""));
    byId("connection-retry").addEventListener("click", () => this._socket.connect());
    byId("connection-reload").addEventListener("click", () => location.reload());
    addEventListener("popstate", () => this._take(readAddress()));
    addEventListener("online", () => this._socket.connect());
    addEventListener("resize", () => this._look());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this._socket.connect();
    });
  }

  /** @param {Message} message */
  _hear(message) {
    switch (message.type) {
      case "hello":
        this._greet(message);
        break;
      case "strip":
        this._clock.hear(message.at);
        this._meet(message.models);
        this._screen.showStrip(message);
        break;
      case "live":
        this._meet(message.requests.map(({ model }) => model));
        this._screen.take(message);
        break;
      case "refusal":
        showComplaint(`This cannot be shown: ${message.sentence}.`);
        break;
      default:
        this._screen.take(message);
    }
  }

  /** Models can be chosen as soon as somebody asks them. @param {string[]} names */
  _meet(names) {
    const fresh = names.filter((name) => !isNobody(name) && !this._models.includes(name));
    if (fresh.length === 0) return;
    this._models = [...new Set([...this._models, ...fresh])];
    knownModels(this._models);
    this._showToolbar();
  }

  /** Whether a tile is open, which no range and no zoom changes. */
  get _isFixed() {
    return this._hello?.panels.some((panel) => panel.id === this._view.panel && isTile(panel)) ?? false;
  }

  /** @param {Hello} hello */
  _greet(hello) {
    this._hello = hello;
    setText(byId("release"), `Ollama Observe ${hello.release}`);
    const link = byId("prometheus-link");
    link.hidden = hello.prometheus_url === "";
    if (!link.hidden) link.setAttribute("href", hello.prometheus_url);
    const wanted = this._view.panel;
    if (wanted && !hello.panels.some((panel) => panel.id === wanted)) {
      addComplaint(`The address asks for a panel that there is none of: ${wanted}.`);
      this._go({ ...this._view, panel: null });
    }
    this._showToolbar();
    this._screen.build(hello);
    this._look();
  }

  /** @param {View} view @param {boolean} [isStep] a step that "back" undoes */
  _go(view, isStep = false) {
    const address = `${location.pathname}${toSearch(view)}`;
    if (isStep) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    this._take(view);
  }

  /** @param {string|null} panel */
  _open(panel) {
    if (panel === this._view.panel) return;
    this._go({ ...this._view, panel }, true);
    if (panel) byId("charts").scrollIntoView({ block: "start" });
  }

  /** Another view is shown at once: what was held is held no more. @param {View} view */
  _take(view) {
    const isOther = !isSameData(view, this._view);
    this._view = view;
    if (isOther && this._screen.isPaused) this._pause(false);
    this._showView();
    this._look();
  }

  _showView() {
    this._showToolbar();
    setText(byId("charts-title"), this._view.panel ? "What exactly?" : "How did it go?");
    this._screen.setView(this._view);
  }

  _showToolbar() {
    this._toolbar.show(this._view, this._models, this._isFixed);
    setText(byId("view-label"), viewLabel(this._view, this._isFixed));
  }

  _look() {
    if (!this._hello) return;
    const { panel } = this._view;
    const columns = panel ? 1 : innerWidth >= 1700 ? 3 : innerWidth >= 900 ? 2 : 1;
    const points = pointsFor(this._hello.points, innerWidth / columns);
    const tiles = this._hello.panels.filter(isTile).map(({ id }) => id);
    const panels = new Set([...tiles, ...this._visible, ...(panel ? [panel] : [])]);
    this._socket.look(lookOf(this._view, points, [...panels]));
  }

  /** @param {boolean} isPaused */
  _pause(isPaused) {
    this._screen.hold(isPaused);
  }

  _showTheme() {
    setText(byId("theme-label"), this._theme.choice);
    this._screen.setTheme();
  }

  _openFilter() {
    openToolbar(true);
    this._toolbar.models.open();
  }
}

/** The view of the address; a sentence about what of it means nothing. @returns {View} */
function readAddress() {
  const { view, complaints } = fromSearch(location.search);
  const said = `The address is not all understood: ${complaints.join("; ")}.`;
  showComplaint(complaints.length ? said : "");
  return view;
}

const isToolbarOpen = () => byId("toolbar").classList.contains("is-open");

/** Where the page is narrow. @param {boolean} isOpen */
function openToolbar(isOpen) {
  byId("toolbar").classList.toggle("is-open", isOpen);
  byId("view-button").setAttribute("aria-expanded", String(isOpen));
}

new Page();
