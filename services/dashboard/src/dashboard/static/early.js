// @ts-check
// Runs before the first paint, as no module does, so that a remembered theme never flashes.
// `data-theme` of the document is "light" or "dark", always: all styles and charts go by it. And where
// a part of the page does not come, nobody else could say so.
(() => {
  const AGAIN_MS = 5000;
  let choice = null;
  try {
    choice = localStorage.getItem("theme");
  } catch {
    // no storage here: the system's theme it is
  }
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const isChosen = choice === "light" || choice === "dark";
  document.documentElement.dataset.theme = isChosen ? String(choice) : isDark ? "dark" : "light";

  /** @param {string} id */
  const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
  const load = () => location.reload();
  let isSaid = false;

  function say() {
    at("connection-words").textContent = `A part of this page did not come: it is loaded again in ${AGAIN_MS / 1000} s.`;
    at("connection").hidden = at("connection-reload").hidden = false;
    at("connection-reload").addEventListener("click", load);
    at("verdict").textContent = "Not known.";
    setTimeout(load, AGAIN_MS);
  }

  // what fails to load is heard on its way down only; of modules the first tells of all
  addEventListener("error", ({ target }) => {
    if (isSaid || !(target instanceof HTMLScriptElement)) return;
    isSaid = true;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", say);
    else say();
  }, true);
})();
