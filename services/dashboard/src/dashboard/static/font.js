// @ts-check
// The one size of words on canvases, beside those of the page. Pure.

/** @param {number} ratio of pixels @param {string} weight */
export const font = (ratio = 1, weight = "400") => `${weight} ${13 * ratio}px system-ui, sans-serif`;
