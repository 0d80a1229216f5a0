// @ts-check
// What keys do. Pure but for the listener at the end.

import { RANGES } from "./view.js";

/**
 * @typedef {{filter: () => void, pause: () => void, range: (seconds: number) => void,
 *   theme: () => void, full: () => void, close: () => void, help: () => void}} Actions
 */

/** For the list that `?` shows. */
export const KEYS = Object.freeze(
  /** @type {const} */ ([
    ["/", "choose models"],
    ["space", "hold the view, and go on"],
    ["1 – 7", "ranges, 5 minutes to 30 days"],
    ["t", "theme: system, dark, light"],
    ["f", "the panel under pointer or focus in full width, and back"],
    ["?", "this list"],
    ["Esc", "close what is open"],
    ["drag", "zoom into a stretch; double click zooms out, Ctrl and wheel both ways"],
  ]),
);

/** Where text is typed, no letter is a command. @param {Element|null} target */
function isTyping(target) {
  if (!target) return false;
  const isText = target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
  return isText || target.closest("[contenteditable]") !== null;
}

/** What has a meaning for the space bar already. @param {Element|null} target */
const isHandle = (target) => target?.closest("button, a, input, summary, [role=button]") !== null;

/**
 * What a key stroke means; null where it is not for us.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @param {Element|null} target @param {Actions} actions @returns {(() => void)|null}
 */
export function meaningOf(event, target, actions) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target)) return null;
  const range = RANGES[Number(event.key) - 1];
  if (/^[1-9]$/.test(event.key)) return range ? () => actions.range(range.seconds) : null;
  switch (event.key) {
    case "/":
      return actions.filter;
    case " ":
      return target && isHandle(target) ? null : actions.pause;
    case "t":
      return actions.theme;
    case "f":
      return actions.full;
    case "Escape":
      return actions.close;
    case "?":
      return actions.help;
    default:
      return null;
  }
}

/** @param {Actions} actions */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    const act = meaningOf(event, event.target instanceof Element ? event.target : null, actions);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** The panel that keys mean: the focused one, else the one under the pointer. */
export function panelInHand() {
  const focused = document.activeElement?.closest("[data-panel]");
  const found = focused ?? document.querySelector("[data-panel]:hover");
  return /** @type {HTMLElement|null} */ (found)?.dataset.panel ?? null;
}
