// @ts-check
// Colours by lightness, chroma and hue, as people see them. Pure.
// Source: Björn Ottosson, "A perceptual color space for image processing" (Oklab).

/** @typedef {{l: number, c: number, h: number}} Lch lightness 0 to 1, chroma, hue in radians */

const linear = (/** @type {number} */ v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const gamma = (/** @type {number} */ v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

/** @param {string} hex "#rrggbb" @returns {number[]} red, green, blue of light */
function light(hex) {
  return [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255));
}

/** @param {string} hex @returns {Lch} */
export function fromHex(hex) {
  const [r, g, b] = light(hex);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const x = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const y = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  const lightness = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
  return { l: lightness, c: Math.hypot(x, y), h: Math.atan2(y, x) };
}

/** The colour, with as much chroma as a screen can show of it. @param {Lch} colour */
export function toHex({ l, c, h }) {
  for (let chroma = c; ; chroma = Math.max(0, chroma - 0.004)) {
    const rgb = channels(l, chroma * Math.cos(h), chroma * Math.sin(h));
    if (chroma === 0 || rgb.every((v) => v >= -0.0005 && v <= 1.0005)) return written(rgb);
  }
}

/** @param {number} lightness @param {number} a @param {number} b */
function channels(lightness, a, b) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** @param {number[]} rgb */
function written(rgb) {
  const bytes = rgb.map((v) => Math.round(255 * gamma(Math.min(1, Math.max(0, v)))));
  return `#${bytes.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}
