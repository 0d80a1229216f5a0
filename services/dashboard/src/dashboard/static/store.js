// @ts-check
// What a browser remembers of the page, where it remembers anything.

/** @param {string} name @returns {string|null} */
export function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string|null} value null forgets it */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // it lasts as long as the page, then
  }
}
