"""What models run with, beside what is set: hidden until known, shut until asked for, and a warning
where the two differ."""

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.crowd import QUICK, READER, SECRET, Crowd
from tests.browser.pictures import picture
from tests.browser.test_page_access import DRESSES, barriers
from tests.browser.visits import Theme, Visits

SEEN = re.compile(r"Seen \d+ s ago\.\s*$")
WARNING = "Not as set: OLLAMA_NUM_PARALLEL of qwen3:8b (4 is set, 1 in force)"
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"


def line(page: Page) -> Locator:
    """What is seen of it before anybody asks."""
    return page.locator("#configuration")


def words(page: Page) -> Locator:
    return page.locator("#configuration-words")


def opened(page: Page) -> Locator:
    """The tables, for who asks for them."""
    button = page.get_by_role("button", name="Show what models run with")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    box = page.get_by_role("region", name="What models run with")
    expect(box).to_be_visible()
    return box


def table_of(box: Locator, model: str) -> dict[str, tuple[str, str]]:
    """What is set and what is in force, by its title."""
    table = box.get_by_role("table", name=model)
    lines = table.locator("tbody tr:not(.reason)")
    found = {}
    for place in range(lines.count()):
        cells = lines.nth(place).locator("th, td")
        title = cells.nth(0).locator("span").inner_text()
        found[title] = (cells.nth(1).inner_text(), " ".join(cells.nth(2).inner_text().split()))
    return found


def test_it_is_hidden_until_something_is_known_and_shut_until_it_is_asked_for(
    visit_crowd: Visits, crowd: Crowd
) -> None:
    page = visit_crowd()
    visit_crowd.hear(page, 3)
    expect(line(page)).to_be_hidden()
    with crowd.processes(slots=4):
        expect(words(page)).to_have_text("as it is set")
        expect(page.locator("#configuration-dot")).to_be_hidden()
        expect(page.locator("#configuration-box")).to_be_hidden()
        box = opened(page)
        assert table_of(box, READER) == {
            "Context of a request": ("8192", "8192"),
            "Requests at a time": ("4", "4"),
            "Flash attention": ("on", "on"),
            "Key-value cache": ("q8_0", "q8_0"),
            "Layers on GPUs": ("–", "auto"),
            "Prompt tokens handed over at once": ("–", "512"),
            "Context of all requests": ("–", "32768"),
        }
        expect(box.get_by_role("row", name="Requests at a time")).to_contain_text(
            "OLLAMA_NUM_PARALLEL"
        )
        expect(box.locator("#configuration-others")).to_contain_text("OLLAMA_KEEP_ALIVE 30m")
        page.get_by_role("button", name="Hide what models run with").click()
        expect(page.locator("#configuration-box")).to_be_hidden()
    expect(line(page)).to_be_hidden()


def test_what_is_not_in_force_as_it_is_set_is_a_warning_to_eye_and_ear(
    visit_crowd: Visits, crowd: Crowd
) -> None:
    page = visit_crowd()
    with crowd.processes(slots=1):
        expect(page.get_by_role("status").filter(has_text="Not as set")).to_have_text(WARNING)
        expect(page.locator("#configuration-dot")).to_have_attribute("data-state", "degraded")
        expect(page.locator("#configuration-dot")).to_be_visible()
        box = opened(page)
        assert table_of(box, READER)["Requests at a time"] == ("4", "1 differs")
        assert table_of(box, READER)["Context of a request"] == ("8192", "8192")
        reason = box.locator("tr.reason")
        expect(reason).to_have_count(1)
        expect(reason).to_have_text(re.compile(r"^Not what is set\. Perhaps Ollama gives "))
        assert SECRET not in page.content()
        picture(page, "configuration", is_whole=False)


def test_what_cannot_be_read_is_never_said_to_be_as_it_is_set(
    visit_crowd: Visits, crowd: Crowd
) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every environment")
    page = visit_crowd()
    with crowd.processes(slots=1, is_closed=True):
        expect(words(page)).to_have_text("what is set cannot be read")
        box = opened(page)
        assert table_of(box, READER)["Requests at a time"] == ("not known", "1")
        expect(box.locator("#configuration-notes")).to_contain_text("by its own user and by root")


def test_while_the_exporter_is_away_it_is_the_last_that_was_seen_and_says_so(
    visit_crowd: Visits, crowd: Crowd
) -> None:
    page = visit_crowd()
    with crowd.processes(slots=1):
        expect(words(page)).to_have_text(WARNING)
        box = opened(page)
        with crowd.world.away("gpu-exporter"):
            said = page.locator("#configuration-said")
            expect(said).to_contain_text("Not known: no answer at http://127.0.0.1:")
            expect(said).to_have_text(SEEN)
            expect(box).to_have_class(re.compile("is-stale"))
            assert table_of(box, READER)["Requests at a time"] == ("4", "1 differs")
        expect(words(page)).to_have_text(WARNING)
        expect(box).not_to_have_class(re.compile("is-stale"))


def test_a_filter_of_models_and_a_held_view_hold_for_it_too(
    visit_crowd: Visits, crowd: Crowd
) -> None:
    page = visit_crowd(f"?model={QUICK}")
    with crowd.processes(slots=1):
        expect(words(page)).to_have_text("nothing of the models that are shown")
        page.goto(f"{visit_crowd.url}/?model={READER}")
        expect(words(page)).to_have_text(WARNING)
        page.locator("#pause").click()
    visit_crowd.hear(page, 10)
    expect(words(page)).to_have_text(WARNING)
    page.locator("#pause").click()
    expect(line(page)).to_be_hidden()


@pytest.mark.parametrize(("theme", "device"), DRESSES)
def test_nobody_is_kept_from_it_in_whatever_dress(
    visit_crowd: Visits, crowd: Crowd, theme: Theme, device: dict[str, Any]
) -> None:
    page = visit_crowd("?range=5m", theme, device)
    with crowd.processes(slots=1):
        expect(words(page)).to_have_text(WARNING)
        opened(page)
        assert barriers(page) == []
        assert page.evaluate(OVERFLOW) <= 0
