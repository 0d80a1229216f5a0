"""What a person reads off the page, and takes away from it."""

import csv
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Locator, Page

from tests.browser.visits import WITHIN_MS

_COLOURED = """(canvas) => {
  const { width, height } = canvas;
  if (!width || !height) return 0;
  const copy = Object.assign(document.createElement("canvas"), { width, height });
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const rgb = [data[at], data[at + 1], data[at + 2]];
    if (data[at + 3] > 128 && Math.max(...rgb) - Math.min(...rgb) > 40) count += 1;
  }
  return count;
}"""
"""Axes, grid and words are grey: what has a colour is a line, an area, a cell or a bar."""


_MUTE = """() => [...document.querySelectorAll(".groups .panel:not([hidden])")]
  .filter((panel) => {
    const { top, bottom } = panel.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  })
  .filter((panel) => !panel.querySelector("canvas") && panel.querySelector(".lack").hidden)
  .map((panel) => panel.dataset.panel)"""
"""Panels in sight that neither draw nor say why."""


class Table(NamedTuple):
    """A panel's CSV: Unix times, and each series' values at them; None is a gap."""

    times: list[float]
    columns: dict[str, list[float | None]]


def panel_of(page: Page, name: str) -> Locator:
    """A panel of the charts by its id."""
    return page.locator(f'#board .groups [data-panel="{name}"], #board .full [data-panel="{name}"]')


def coloured(canvas: Locator) -> int:
    """How many pixels of a canvas are of something that was drawn."""
    return int(canvas.evaluate(_COLOURED))


def until_drawn(page: Page, selector: str, least: int = 60) -> None:
    """Wait until one of these canvases shows something."""
    page.wait_for_function(
        f"""([selector, least]) => [...document.querySelectorAll(selector)].some(
          (canvas) => ({_COLOURED})(canvas) >= least)""",
        arg=[selector, least],
    )


def until_all_said(page: Page) -> None:
    """Wait until every panel that is seen draws, or says why it does not."""
    page.wait_for_function(f"() => ({_MUTE})().length === 0")


def until_panel(page: Page, name: str) -> Locator:
    """Go to a panel, and wait until it shows something."""
    panel = panel_of(page, name)
    panel.scroll_into_view_if_needed()
    until_drawn(page, f'[data-panel="{name}"] canvas')
    return panel


def until(
    page: Page, reached: Callable[[], bool], within_seconds: float = WITHIN_MS / 1000
) -> bool:
    """Look again and again, while the page goes on; False when the time is over."""
    end = time.monotonic() + within_seconds
    while not reached():
        if time.monotonic() > end:
            return False
        page.wait_for_timeout(100)
    return True


def opened(page: Page, name: str) -> Locator:
    """A panel, with its menu open."""
    panel = panel_of(page, name)
    panel.scroll_into_view_if_needed()
    panel.get_by_role("button", name="More of").click()
    return panel


def promql_of(page: Page, name: str) -> list[str]:
    """The PromQL that a panel's menu shows."""
    found = opened(page, name).locator(".sheet code").all_inner_texts()
    page.keyboard.press("Escape")
    return found


def taken(page: Page, name: str, what: str) -> Path:
    """A file that a panel's menu gives."""
    panel = opened(page, name)
    with page.expect_download() as coming:
        panel.locator(".deeds").get_by_role("button", name=what, exact=True).click()
    page.keyboard.press("Escape")
    assert coming.value.suggested_filename.startswith(f"{name}-")
    return Path(coming.value.path())


def table_of(page: Page, name: str) -> Table:
    """A panel's numbers, by its CSV."""
    with taken(page, name, "CSV").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    times = [datetime.fromisoformat(row[0]).timestamp() for row in rows]
    columns = {
        title: [float(row[place]) if row[place] else None for row in rows]
        for place, title in enumerate(head)
        if place > 0
    }
    return Table(times, columns)
