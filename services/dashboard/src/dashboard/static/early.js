// @ts-check
// Runs before the first paint, as no module does, so that a remembered theme never flashes.
// `data-theme` of the document is "light" or "dark", always: all styles and charts go by it.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("theme");
  } catch {
    // no storage here: the system's theme it is
  }
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const isChosen = choice === "light" || choice === "dark";
  document.documentElement.dataset.theme = isChosen ? String(choice) : isDark ? "dark" : "light";
})();
