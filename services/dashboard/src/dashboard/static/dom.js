// @ts-check
// Elements, in few words. Text is set as text, always.

/**
 * @param {string} tag @param {Record<string, string>} [attributes] @param {(Node|string)[]} children
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Without touching what is right already. @param {Element} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Element} node @param {string} name @param {string|null} value null: without it */
export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`expected an element with the id ${id} in index.html, found none`);
  return found;
}

/**
 * Give a parent one child for each key, in their order; those there are stay what they are.
 * @template T
 * @param {Element} parent @param {readonly T[]} items @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} make @param {(node: HTMLElement, item: T) => void} show
 */
export function keyed(parent, items, keyOf, make, show) {
  const wanted = new Set(items.map(keyOf));
  /** @type {Map<string|undefined, HTMLElement>} */
  const there = new Map();
  for (const child of /** @type {HTMLElement[]} */ ([...parent.children])) {
    if (wanted.has(child.dataset.key ?? "")) there.set(child.dataset.key, child);
    else child.remove();
  }
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const node = there.get(key) ?? make(item);
    node.dataset.key = key;
    show(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
}
