// @ts-check
// Ages that tick: an element is told a time once, and says from then on how long ago that was.

import { setText } from "./dom.js";
import { moment, span } from "./format.js";

/**
 * An element that says how long ago a time was.
 * @param {HTMLElement} node @param {number|null} time Unix time; null: it says nothing
 * @param {number} now @param {{before?: string, after?: string}} words around the age
 */
export function setAge(node, time, now, { before = "", after = "" } = {}) {
  if (time === null) {
    delete node.dataset.since;
    node.removeAttribute("title");
    setText(node, "");
    return;
  }
  if (node.dataset.since !== String(time)) {
    node.dataset.since = String(time);
    node.title = moment(time);
  }
  node.dataset.before = before;
  node.dataset.after = after;
  tell(node, now);
}

/** @param {HTMLElement} node @param {number} now */
function tell(node, now) {
  const { since, before, after } = node.dataset;
  setText(node, `${before}${span(now - Number(since))}${after}`);
}

/** All ages within an element, as they are now. @param {HTMLElement} parent @param {number} now */
export function tick(parent, now) {
  for (const node of parent.querySelectorAll("[data-since]")) {
    tell(/** @type {HTMLElement} */ (node), now);
  }
}
