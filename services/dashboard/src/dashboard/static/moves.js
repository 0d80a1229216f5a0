// @ts-check
// Rows that change their place glide there, so that an eye can follow. Not under reduced motion.

const GLIDE_MS = 180;
const EASING = "cubic-bezier(0.2, 0, 0, 1)";

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Where the children are. @param {HTMLElement} parent @returns {Map<Element, number>} */
export function whereAll(parent) {
  const places = new Map();
  if (!isCalm()) {
    for (const child of parent.children) {
      places.set(child, /** @type {HTMLElement} */ (child).offsetTop);
    }
  }
  return places;
}

/** Let the children glide from where they were. @param {HTMLElement} parent
 * @param {Map<Element, number>} before */
export function settle(parent, before) {
  if (before.size === 0) return;
  for (const child of /** @type {HTMLElement[]} */ ([...parent.children])) {
    const was = before.get(child);
    const moved = was === undefined ? 0 : was - child.offsetTop;
    if (moved !== 0) {
      const from = { transform: `translateY(${moved}px)` };
      child.animate([from, { transform: "none" }], { duration: GLIDE_MS, easing: EASING });
    }
  }
}
