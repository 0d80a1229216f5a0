// @ts-check
// uPlot as a module. npm has it minified only as a script that sets a global: index.html runs that
// script before the modules.

/** @type {any} */
export const uPlot = /** @type {any} */ (globalThis).uPlot;
