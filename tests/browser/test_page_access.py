"""Nobody is kept from using the page: axe-core finds nothing serious in it, in whatever dress."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.readings import opened, until_drawn, until_panel
from tests.browser.visits import PHONE, WIDE, Theme, Visits

AXE = Path(__file__).parent / "vendor/axe-4.14.1.min.js"
PANEL = "generated-tokens"
RUN = """async () => {
  const page = { include: [["html"]], exclude: [[".has-ended"]] };
  const { violations } = await axe.run(page, { resultTypes: ["violations"] });
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = (id, node) => `${id}: ${node.target} ${node.failureSummary}`;
  return grave.flatMap(({ id, nodes }) => nodes.map((node) => told(id, node)));
}"""
"""Rows that fade away are pale for two seconds, as they are meant to be."""
DRESSES = [
    pytest.param(theme, device, id=f"{theme}-{device['viewport']['width']}")
    for theme in ("dark", "light")
    for device in (WIDE, PHONE)
]


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN)
    return found


@pytest.mark.parametrize(("theme", "device"), DRESSES)
def test_there_is_no_barrier_in_the_page(
    visit: Visits, theme: Theme, device: dict[str, Any]
) -> None:
    page = visit("?range=5m&by=model", theme, device)
    until_panel(page, PANEL)
    for place in ("models", "traffic"):
        page.locator(f"#group-{place}").scroll_into_view_if_needed()
        until_drawn(page, f"#group-{place} canvas")
    opened(page, "generated-tokens")
    assert barriers(page) == []


@pytest.mark.parametrize(("theme", "device"), [DRESSES[0], DRESSES[-1]])
def test_there_is_no_barrier_in_what_opens(
    visit: Visits, theme: Theme, device: dict[str, Any]
) -> None:
    page = visit("?range=5m&by=model&panel=ttft", theme, device)
    until_drawn(page, ".full canvas")
    page.keyboard.press("/")
    expect(page.locator("#models-menu")).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert barriers(page) == []


def test_a_chart_says_its_values_in_words(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, PANEL)
    chart = page.locator('[data-panel="generated-tokens"]').get_by_role("img")
    said = chart.get_attribute("aria-label") or ""
    assert said.startswith("Tokens generated per second: ")
    assert " tok/s; " in said
    assert "5 min up to" in said
