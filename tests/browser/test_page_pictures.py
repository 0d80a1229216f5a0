"""Pictures of the page with traffic, for people to look at."""

import re

import pytest
from playwright.sync_api import Page, expect

from stack.waiting import wait_until
from tests.browser.pictures import MOST_BYTES, README_PICTURE, folder, is_for_readme, picture
from tests.browser.readings import opened, until_all_said, until_drawn, until_panel
from tests.browser.visits import ALL_AT_ONCE, PHONE, Theme, Visits
from tests.browser.world import FAST, SLOW, WITHIN_SECONDS, World

PANEL = "generated-tokens"
README_DEVICE = {"viewport": {"width": 1280, "height": 948}, "reduced_motion": "reduce"}
"""Rows that glide are not where they belong in a picture."""
README_SECONDS = 360
SCRAPES = 'count_over_time(up{job="prometheus"}[10m])'
"""One a second: a range of five minutes is full then."""


def drawn(page: Page) -> Page:
    """The page, as soon as there is something to see everywhere."""
    until_panel(page, PANEL)
    page.evaluate("() => scrollTo(0, 0)")
    until_drawn(page, "#tiles canvas", 1)
    until_all_said(page)
    expect(page.locator("#live-rows tr", has_text=FAST).first).to_be_visible()
    return page


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_picture_of_the_page(visit: Visits, theme: Theme) -> None:
    picture(drawn(visit("?range=5m", theme)), f"1280-{theme}")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pictures_of_a_phone(visit: Visits, theme: Theme) -> None:
    page = drawn(visit("?range=5m&by=model", theme, PHONE))
    picture(page, f"390-{theme}")
    until_panel(page, PANEL)
    picture(page, f"390-{theme}-charts")


def test_pictures_of_one_panel_and_of_its_menu(visit: Visits) -> None:
    page = drawn(visit("?range=5m&by=model"))
    opened(page, PANEL)
    picture(page, "menu")
    page.get_by_role("button", name="Full width").click()
    until_drawn(page, ".full canvas")
    picture(page, "full-width", is_whole=True)


def test_a_picture_of_what_the_cache_answers(visit: Visits, world: World) -> None:
    assert wait_until(lambda: world.ask(FAST, {}) == "HIT", WITHIN_SECONDS)
    page = visit("?range=5m", device=ALL_AT_ONCE)
    until_drawn(page, "#group-cache .panel:not([hidden]) canvas")
    until_all_said(page)
    values = page.locator('#group-cache [data-panel="cache-tokens"]')
    expect(values).to_contain_text("output")
    page.locator("#group-cache").screenshot(path=folder() / "cache.png")
    assert world.ask(FAST, {}) == "HIT"
    hit = page.locator("#live-rows tr", has_text="cache")
    expect(hit.first).to_be_visible()


@pytest.mark.timeout(README_SECONDS + 60)
def test_the_readme_has_a_picture_of_the_page(visit: Visits, world: World) -> None:
    if is_for_readme():
        assert wait_until(lambda: world.prometheus.query(SCRAPES) > 300, README_SECONDS)
        page = drawn(visit("?range=5m", device=README_DEVICE))
        with world.asking(SLOW):
            row = page.locator("#live-rows tr", has_text=SLOW)
            expect(row.locator("td").nth(5)).to_have_text(re.compile(r"\d\d"))
            page.screenshot(path=README_PICTURE)
    assert 0 < README_PICTURE.stat().st_size <= MOST_BYTES
