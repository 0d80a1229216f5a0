// @ts-check
// All panels: which are seen, what they show, and one redraw for all that came since the last.

import { ServerClock } from "./clock.js";
import { readTheme } from "./colours.js";
import { el } from "./dom.js";
import { endOf } from "./frames.js";
import { Full } from "./full.js";
import { GroupView } from "./group.js";
import { Held } from "./held.js";
import { allMarks } from "./marks.js";
import { PanelView } from "./panel.js";
import { behindOf } from "./veil.js";
import { isLive, isTile } from "./view.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Strip} Strip */
/** @typedef {import("./view.js").View} View */
/** @typedef {import("./frames.js").Frames} Frames */

/** What the lines of tiles show, whatever the range: as the server has it. */
const TILE_SECONDS = 900;
/** Panels are asked for and drawn before they are scrolled to: what has no data shrinks out of sight. */
const MARGIN = "50% 0px 100%";

export class Board {
  /**
   * @param {{hello: import("./types.js").Hello, element: HTMLElement,
   *   onVisible: (ids: string[]) => void, onZoom: (start: number, end: number) => void,
   *   onZoomOut: () => void, onFull: (id: string|null) => void}} told
   */
  constructor({ hello, element, onVisible, onZoom, onZoomOut, onFull }) {
    this._hello = hello;
    this._onVisible = onVisible;
    this._onFull = onFull;
    /** @type {Frames|null} */
    this._frames = null;
    /** @type {Held|null} */
    this._held = null;
    /** @type {View|null} */
    this._view = null;
    this._tiles = new Set(hello.panels.filter(isTile).map(({ id }) => id));
    /** @type {[number, number]|null} what a wheel zooms to, until the view has it */
    this._preview = null;
    this._clock = new ServerClock(() => Date.now() / 1000);
    this._request = 0;
    /** @type {Map<Element, string[]>} */
    this._watched = new Map();
    /** @type {Set<Element>} */
    this._inSight = new Set();
    this._told = "";
    this._stage = this._stageOf(onZoom, onZoomOut);
    this._observer = new IntersectionObserver((entries) => this._seen(entries), { rootMargin: MARGIN });
    this._fullPlace = el("div", { class: "full-place" });
    this._groupsPlace = el("div", { class: "groups" });
    /** @type {Full|null} */
    this._full = null;
    /** @type {GroupView[]} */
    this._groups = this._groupsOf(hello);
    this._groupsPlace.append(...this._groups.map((group) => group.element));
    element.replaceChildren(this._fullPlace, this._groupsPlace);
    this._element = element;
  }

  /** @param {Frames} frames @param {Strip|null} strip */
  update(frames, strip) {
    this._frames = frames;
    this._clock.hear(strip?.at ?? null);
    this._stage.behind = behindOf(strip, this._hello.scrape_seconds);
    this._stage.isDemo = strip?.is_demo ?? false;
    this._stage.marks = allMarks(this._hello.panels, (id) => this._shown(id));
    this._stage.range = this._range();
    this._schedule();
  }

  /** What is held stays as it is: its range, its marks, and where what is known ends. @param {View} view @param {boolean} isHeld */
  setView(view, isHeld) {
    this._view = view;
    this._stage.isLive = isLive(view);
    this._preview = null;
    if (!isHeld) this._held = null;
    else if (this._frames) this._held ??= new Held(this._frames, this._newest);
    this._open(view.panel);
    this._stage.range = this._range();
    this._schedule();
  }

  /** Something came while the view is held: panels that nobody looked at before may have waited for it. */
  fill() {
    this._schedule();
  }

  /** After the document has another theme. */
  setTheme() {
    this._stage.theme = readTheme();
    for (const view of this._views()) view.restyle();
    this._full?.restyle();
  }

  destroy() {
    cancelAnimationFrame(this._request);
    this._observer.disconnect();
    for (const view of this._views()) view.destroy();
    this._element.replaceChildren();
  }

  /** @param {(start: number, end: number) => void} onZoom @param {() => void} onZoomOut @returns {any} */
  _stageOf(onZoom, onZoomOut) {
    return {
      range: [0, 1],
      theme: readTheme(),
      marks: [],
      behind: null,
      isDemo: false,
      now: () => this._clock.now(),
      isLive: true,
      isPaused: () => this._held !== null,
      onZoom: (/** @type {number} */ start, /** @type {number} */ end) => this._isFixed || onZoom(start, end),
      onZoomOut: () => this._isFixed || onZoomOut(),
      preview: (/** @type {number} */ start, /** @type {number} */ end) => {
        if (this._isFixed) return;
        this._preview = [start, Math.min(end, Math.max(this._stage.range[1], this._clock.now()))];
        this._stage.range = this._preview;
        this._schedule();
      },
    };
  }

  /** @param {import("./types.js").Hello} hello */
  _groupsOf(hello) {
    const drawn = hello.panels.filter(({ kind }) => kind !== "tile" && kind !== "marks");
    return hello.groups.flatMap((group) => {
      const panels = drawn.filter((panel) => panel.group === group.id);
      const views = panels.map((panel) => new PanelView({ panel, stage: this._stage, onFull: this._onFull }));
      for (const view of views) this._watch(view.element, [view.panel.id]);
      return views.length ? [new GroupView(group, views, (element, ids) => this._watch(element, ids))] : [];
    });
  }

  /** @returns {PanelView[]} */
  _views() {
    return [...this._groups.flatMap((group) => group.views), ...(this._full ? [this._full.view] : [])];
  }

  /** What is shown: as chosen, or up to the newest point. @returns {[number, number]} */
  _range() {
    const [end, view] = [this._newest, this._view];
    if (this._isFixed || !view) return [end - TILE_SECONDS, end];
    if (this._preview) return this._preview;
    return view.start !== null && view.end !== null ? [view.start, view.end] : [end - view.seconds, end];
  }

  /** A tile in full width has the stretch of tiles, always. */
  get _isFixed() {
    return this._full !== null && isTile(this._full.panel);
  }

  /** When the newest point of all was. */
  get _newest() {
    const ends = this._hello.panels.map(({ id }) => this._shown(id)).filter((one) => one !== null);
    return Math.max(0, ...ends.map(endOf)) || this._clock.now();
  }

  /** @param {string} id */
  _shown(id) {
    return (this._held ?? this._frames)?.shown(id, this._tiles.has(id)) ?? null;
  }

  _schedule() {
    if (this._request) return;
    this._request = requestAnimationFrame(() => {
      this._request = 0;
      this._draw();
    });
  }

  /** What is not seen is not drawn; it is when it comes into sight. */
  _draw() {
    if (this._full && this._inSight.has(this._full.view.element)) this._full.show(this._shown(this._full.panel.id));
    for (const group of this._groups) {
      group.arrange((id) => this._shown(id));
      for (const view of group.views) {
        if (this._inSight.has(view.element) && !view.element.hidden) view.show(this._shown(view.panel.id));
      }
    }
  }

  /** @param {Element} element @param {string[]} ids */
  _watch(element, ids) {
    const isNew = !this._watched.has(element);
    this._watched.set(element, ids);
    if (isNew) this._observer.observe(element);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  _seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this._inSight.add(target);
      else this._inSight.delete(target);
    }
    const ids = [...new Set([...this._inSight].flatMap((element) => this._watched.get(element) ?? []))].sort();
    if (ids.join() !== this._told) {
      this._told = ids.join();
      this._onVisible(ids);
    }
    this._schedule();
  }

  /** @param {string|null} id */
  _open(id) {
    if ((this._full?.panel.id ?? null) === id) return;
    const before = this._full;
    if (before) {
      this._observer.unobserve(before.view.element);
      this._watched.delete(before.view.element);
      this._inSight.delete(before.view.element);
      before.destroy();
    }
    const panel = this._hello.panels.find((one) => one.id === id && one.kind !== "marks");
    this._full = panel ? this._opened(panel) : null;
    this._groupsPlace.hidden = panel !== undefined;
    if (!panel && before) this._buttonOf(before.panel.id)?.focus();
  }

  /** What opens a panel: of a chart its menu, of a tile its title. @param {string} id @returns {HTMLElement|null|undefined} */
  _buttonOf(id) {
    if (this._tiles.has(id)) return /** @type {HTMLElement|null} */ (document.querySelector(`#tiles [data-panel="${id}"] button`));
    return this._views().find(({ panel }) => panel.id === id)?.sheet.button;
  }

  /** @param {Panel} panel */
  _opened(panel) {
    const full = new Full({ panel, stage: this._stage, prometheusUrl: this._hello.prometheus_url, onFull: this._onFull });
    this._fullPlace.append(full.element);
    this._watch(full.view.element, [panel.id]);
    const isAsked = this._element.contains(document.activeElement);
    if (isAsked) full.focus();
    return full;
  }
}
