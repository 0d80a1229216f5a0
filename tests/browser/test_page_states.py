"""What the page says in states that a running stack is seldom in, played by a fixture."""

import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from stack.places import REPOSITORY
from stack.waiting import wait_until
from tests.browser.fixture.modes import Mode
from tests.browser.readings import panel_of, until_panel
from tests.browser.visits import WIDE, Visits
from tests.ports import free_port

WITHIN_SECONDS = 20.0
PANEL = "generated-tokens"
Shown = Callable[[Mode], Page]


def play(url: str, mode: Mode) -> bool:
    """Begin a mode; False where nobody is there yet."""
    try:
        with urllib.request.urlopen(f"{url}/fixture/mode/{mode}", timeout=WITHIN_SECONDS):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def stage() -> Iterator[str]:
    """Where the fixture plays."""
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.fixture", "--port", str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            assert wait_until(lambda: play(url, Mode.HEALTHY), WITHIN_SECONDS)
            yield url
        finally:
            process.terminate()


@pytest.fixture
def show(browser: Browser, stage: str) -> Iterator[Shown]:
    """Opens the page in a mode."""
    visits = Visits(browser, stage)

    def shown(mode: Mode) -> Page:
        assert play(stage, mode)
        return visits("?range=5m", device=WIDE, awaited="#connection:visible, #parts li")

    yield shown
    visits.end()


def test_a_machine_without_a_gpu_has_one_sentence_for_its_panels_and_a_tile_of_its_cpu(
    show: Shown,
) -> None:
    page = show(Mode.NO_GPU)
    page.locator("#group-machine").scroll_into_view_if_needed()
    said = page.locator("#group-machine .collapsed p:visible")
    expect(said.first).to_contain_text("no data: ")
    expect(said.first).to_contain_text("GPU utilisation, GPU memory")
    for name in ("gpu-utilisation", "gpu-power"):
        expect(panel_of(page, name)).to_be_hidden()
    expect(page.locator('#tiles [data-panel="now-cpu"] .tile-value')).to_have_text(
        re.compile(r"\d %")
    )
    expect(page.locator('#tiles [data-panel="now-power"]')).to_have_count(0)


def test_where_prometheus_is_behind_charts_say_how_old_the_last_sample_is(show: Shown) -> None:
    page = show(Mode.BEHIND)
    until_panel(page, PANEL)
    expect(page.locator("#history")).to_contain_text("Charts of requests are behind")
    expect(page.locator("#history-age")).to_have_text(re.compile(r"1 min \d+ s ago"))
    chart = panel_of(page, PANEL).get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile(r"last sample 1 min \d+ s ago"))


def test_a_query_that_failed_is_said_with_its_promql_and_the_others_go_on(show: Shown) -> None:
    page = show(Mode.QUERY_FAILED)
    failed = page.locator("#board .lack.is-error:visible").first
    failed.scroll_into_view_if_needed()
    expect(failed).to_contain_text("the query failed: ")
    expect(failed.locator("code").first).not_to_be_empty()
    expect(page.locator("#board .panel canvas").first).to_be_visible()


def test_alerts_are_sentences_with_their_runbook(show: Shown) -> None:
    page = show(Mode.ALERTS)
    expect(page.locator("#verdict")).to_have_text(re.compile(r"^No: Ollama is down; .*3 alerts"))
    alert = page.locator("#alerts li", has_text="Models push each other out.")
    expect(alert).to_contain_text("warning")
    expect(alert.get_by_role("link")).to_have_attribute("href", "/runbook/ModelThrash")
    expect(page.locator("#objectives")).to_contain_text("error budget overdrawn")


def test_a_page_of_another_release_says_what_to_do(show: Shown) -> None:
    page = show(Mode.OTHER_VERSION)
    expect(page.locator("#connection")).to_contain_text("load the page again")
    expect(page.get_by_role("button", name="Load the page again")).to_be_visible()


def test_made_up_values_are_marked_for_good(show: Shown) -> None:
    page = show(Mode.DEMO)
    expect(page.locator("#demo")).to_be_visible()
    expect(page).to_have_title(re.compile(r"\(demo data\)$"))
