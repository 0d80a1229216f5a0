// @ts-check
// Panels that belong together. Where several have no data for one reason, one sentence says so.

import { el, setText } from "./dom.js";
import { isEmpty } from "./series.js";

/** @typedef {import("./panel.js").PanelView} PanelView */

/**
 * Panels without data by their reason; only reasons of two or more.
 * @param {{id: string, absent: string, isAbsent: boolean}[]} panels
 * @returns {Map<string, string[]>}
 */
export function collapsed(panels) {
  /** @type {Map<string, string[]>} */
  const reasons = new Map();
  for (const { id, absent, isAbsent } of panels) {
    if (isAbsent) reasons.set(absent, [...(reasons.get(absent) ?? []), id]);
  }
  for (const [absent, ids] of reasons) if (ids.length < 2) reasons.delete(absent);
  return reasons;
}

export class GroupView {
  /**
   * @param {import("./types.js").Group} group @param {PanelView[]} views
   * @param {(element: Element, ids: string[]) => void} watch where an element is seen, these are
   */
  constructor(group, views, watch) {
    this.views = views;
    this._watch = watch;
    this._titles = new Map(views.map((view) => [view.panel.id, view.panel.title]));
    this._sentences = el("div", { class: "collapsed" });
    /** @type {Map<string, HTMLElement>} */
    this._byReason = new Map();
    const grid = el("div", { class: "grid" }, ...views.map((view) => view.element));
    const id = `group-${group.id}`;
    const title = el("h3", { id: `${id}-title` }, group.title);
    this.element = el("section", { class: "group", id, "aria-labelledby": title.id }, title, grid, this._sentences);
  }

  /** Show panels that have something to say, and one sentence for those that lack the same. @param {(id: string) => import("./frames.js").Shown|null} shownOf */
  arrange(shownOf) {
    const panels = this.views.map(({ panel, shown }) => {
      const newest = shownOf(panel.id) ?? shown;
      return { id: panel.id, absent: panel.absent, isAbsent: newest !== null && !newest.error && isEmpty(panel, newest) };
    });
    const reasons = collapsed(panels);
    const away = new Set([...reasons.values()].flat());
    for (const view of this.views) {
      const isAway = away.has(view.panel.id);
      if (view.element.hidden !== isAway) view.element.hidden = isAway;
    }
    for (const [absent, sentence] of this._byReason) sentence.hidden = !reasons.has(absent);
    for (const [absent, ids] of reasons) {
      const sentence = this._byReason.get(absent) ?? this._sentence(absent);
      setText(/** @type {Element} */ (sentence.firstElementChild), ids.map((id) => this._titles.get(id)).join(", "));
      this._watch(sentence, ids);
    }
  }

  /** @param {string} absent */
  _sentence(absent) {
    const sentence = el("p", {}, el("span"), el("span", { class: "quiet" }, `no data: ${absent}`));
    this._byReason.set(absent, sentence);
    this._sentences.append(sentence);
    return sentence;
  }
}
