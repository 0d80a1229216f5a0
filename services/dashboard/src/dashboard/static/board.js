// @ts-check
// All panels: which are seen, what they show, and one redraw for all that came since the last.

import { ServerClock } from "./clock.js";
import { readTheme } from "./colours.js";
import { el } from "./dom.js";
import { age } from "./format.js";
import { Full } from "./full.js";
import { GroupView } from "./group.js";
import { marksOf } from "./marks.js";
import { PanelView } from "./panel.js";

/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Strip} Strip */
/** @typedef {import("./view.js").View} View */
/** @typedef {import("./frames.js").Frames} Frames */

/** Prometheus is behind when it missed so many scrapes, and at least so many seconds. */
const MISSED = 4;
const LEAST_BEHIND_SECONDS = 20;
/** What the lines of tiles show, whatever the range: as the server has it. */
const TILE_SECONDS = 900;
/** Panels are asked for and drawn before they are scrolled to: what has no data shrinks out of sight. */
const MARGIN = "50% 0px 100%";

/**
 * Where what is known ends, if that is before now.
 * @param {Strip|null} strip @param {number} scrapeSeconds
 * @returns {{from: number, text: string}|null}
 */
export function behindOf(strip, scrapeSeconds) {
  if (!strip || strip.newest === null) return null;
  const late = strip.at - strip.newest;
  const allowed = Math.max(LEAST_BEHIND_SECONDS, MISSED * scrapeSeconds);
  return late > allowed ? { from: strip.newest, text: `last sample ${age(late)}` } : null;
}

/**
 * @param {{hello: import("./types.js").Hello, element: HTMLElement, onVisible: (ids: string[]) => void,
 *   onZoom: (start: number, end: number) => void, onZoomOut: () => void,
 *   onFull: (id: string|null) => void}} told
 */
export function createBoard(told) {
  return new Board(told);
}

class Board {
  /** @param {Parameters<typeof createBoard>[0]} told */
  constructor({ hello, element, onVisible, onZoom, onZoomOut, onFull }) {
    this._hello = hello;
    this._onVisible = onVisible;
    this._onFull = onFull;
    /** @type {Frames|null} */
    this._frames = null;
    /** @type {Strip|null} */
    this._strip = null;
    /** @type {View|null} */
    this._view = null;
    this._isPaused = false;
    this._tiles = new Set(hello.panels.filter(({ kind }) => kind === "tile").map(({ id }) => id));
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
    this._strip = strip;
    this._clock.hear(strip?.at ?? null);
    this._stage.behind = behindOf(strip, this._hello.scrape_seconds);
    this._stage.isDemo = strip?.is_demo ?? false;
    this._stage.marks = this._marks();
    this._stage.range = this._range();
    this._schedule();
  }

  /** @param {View} view @param {boolean} isPaused */
  setView(view, isPaused) {
    this._view = view;
    this._isPaused = isPaused;
    this._preview = null;
    this._open(view.panel);
    this._stage.range = this._range();
    this._schedule();
  }

  /** After the document has another theme. */
  setTheme() {
    this._stage.theme = readTheme();
    for (const view of this._views()) view.restyle();
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
      isPaused: () => this._isPaused,
      onZoom,
      onZoomOut,
      preview: (/** @type {number} */ start, /** @type {number} */ end) => {
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
    if (this._preview) return this._preview;
    const view = this._view;
    if (view?.start != null && view.end != null) return [view.start, view.end];
    const seconds = this._full?.panel.kind === "tile" ? TILE_SECONDS : (view?.seconds ?? TILE_SECONDS);
    const ends = this._hello.panels.map(({ id }) => this._shown(id)).filter((one) => one !== null);
    const end = Math.max(0, ...ends.map((one) => one.start + (one.count - 1) * one.step)) || this._clock.now();
    return [end - seconds, end];
  }

  /** @param {string} id */
  _shown(id) {
    const key = this._tiles.has(id) ? this._frames?.tiles : this._frames?.view;
    return this._frames?.panel(key ?? null, id) ?? null;
  }

  _marks() {
    return this._hello.panels
      .filter(({ kind }) => kind === "marks")
      .flatMap((panel) => {
        const shown = this._shown(panel.id);
        return shown ? marksOf(panel, shown) : [];
      })
      .sort((one, other) => one.time - other.time);
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
    if (!panel) this._groups.flatMap((group) => group.views).find((view) => view.panel.id === before?.panel.id)?.sheet.button.focus();
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
