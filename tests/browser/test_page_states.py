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
from tests.browser.fixture.strips import MODELS
from tests.browser.readings import opened, panel_of, taken, until_drawn, until_panel
from tests.browser.visits import LINE_LOST, WIDE, Visits
from tests.ports import free_port

WITHIN_SECONDS = 20.0
STILL_SECONDS = 23
"""A little longer than a page waits for a word: later it looks again less often."""
PANEL = "generated-tokens"
MIDDLES = """(all) => all.map((one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return (top + bottom) / 2;
})"""
WITHIN_ROW = """(all) => all.map((one) => {
  const [own, row] = [one, one.parentElement].map((each) => each.getBoundingClientRect());
  const isWithin = own.right <= row.right + 1 && own.bottom <= row.bottom + 1;
  return own.width > 0 && isWithin && row.right <= innerWidth;
})"""
WRITES = """() => {
  const { prototype } = CanvasRenderingContext2D;
  const write = prototype.fillText;
  window.written = [];
  prototype.fillText = function (text, ...more) {
    window.written.push(text);
    return write.call(this, text, ...more);
  };
}"""
BACKGROUND = "(one) => getComputedStyle(one).backgroundColor"
COLUMNS = "(grid) => getComputedStyle(grid).gridTemplateColumns.split(' ').length"
Shown = Callable[[Mode], Page]


def tell(url: str) -> bool:
    """Tell the fixture something; False where nobody is there yet."""
    try:
        with urllib.request.urlopen(url, timeout=WITHIN_SECONDS):
            return True
    except OSError:
        return False


def play(url: str, mode: Mode) -> bool:
    """Begin a mode."""
    return tell(f"{url}/fixture/mode/{mode}")


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
    visits = Visits(browser, stage, expected=[LINE_LOST])

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
    expect(said).to_have_count(1)
    expect(said.first).to_contain_text(
        "GPU utilisation, GPU memory, GPU memory by model, GPU power"
    )
    for name in ("gpu-utilization", "gpu-memory-models", "gpu-power"):
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


def test_on_a_phone_the_bar_is_one_line(show: Shown) -> None:
    page = show(Mode.HEALTHY)
    for width in (390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        middles = page.locator("h1, #view-button, #pause").evaluate_all(MIDDLES)
        assert max(middles) - min(middles) <= 2, (width, middles)


def test_on_a_phone_it_is_seen_until_when_models_stay(show: Shown) -> None:
    page = show(Mode.HEALTHY)
    page.set_viewport_size({"width": 390, "height": 844})
    panel = until_panel(page, "residency")
    until = panel.locator(".until:not(:empty)")
    expect(until.first).to_have_text(re.compile("^unloads in "))
    assert all(until.evaluate_all(WITHIN_ROW))


def test_a_picture_has_the_unit_of_its_axis_and_the_names_of_its_bars(show: Shown) -> None:
    page = show(Mode.HEALTHY)
    written = {}
    for name in ("gpu-memory", "cpu", "residency"):
        until_panel(page, name)
        page.evaluate(WRITES)
        taken(page, name, "PNG")
        written[name] = page.evaluate("() => window.written")
    assert "GPU memory (GiB)" in written["gpu-memory"]
    assert "CPU (%)" in written["cpu"]
    for model in MODELS:
        assert any(text.startswith(f"{model}: ") for text in written["residency"])


def test_the_numbers_of_a_held_panel_follow_the_theme(show: Shown) -> None:
    page = show(Mode.HEALTHY)
    opened(page, "ttft").get_by_role("button", name="Full width").click()
    until_drawn(page, ".full canvas")
    page.get_by_role("button", name="Pause").click()
    of_table = page.locator(".full .stats .swatch").first
    dark = of_table.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert of_table.evaluate(BACKGROUND) != dark
    of_label = page.locator(".full .ends > div", has_text="p50").locator(".swatch")
    assert of_table.evaluate(BACKGROUND) == of_label.evaluate(BACKGROUND)
    link = page.get_by_role("link", name="In Prometheus").first
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("href", re.compile("g0.range_input=300s"))


def test_on_a_wide_screen_there_are_three_columns(show: Shown) -> None:
    page = show(Mode.HEALTHY)
    page.set_viewport_size({"width": 2400, "height": 900})
    columns = page.locator("#group-speed .grid").evaluate(COLUMNS)
    assert columns == 3


def test_a_query_that_failed_is_said_with_its_promql_and_the_others_go_on(show: Shown) -> None:
    page = show(Mode.QUERY_FAILED)
    failed = page.locator("#board .lack.is-error:visible").first
    failed.scroll_into_view_if_needed()
    expect(failed).to_contain_text("the query failed: ")
    expect(failed.locator("code").first).not_to_be_empty()
    expect(page.locator("#board .panel canvas").first).to_be_visible()


def test_while_the_proxy_is_away_only_what_comes_of_it_is_veiled(show: Shown) -> None:
    page = show(Mode.LOST_PROXY)
    until_panel(page, PANEL)
    chart = panel_of(page, PANEL).get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile(r"last sample 1 min \d+ s ago"))
    for name in ("gpu-utilization", "cpu", "memory"):
        chart = until_panel(page, name).get_by_role("img")
        expect(chart).to_have_attribute("aria-label", re.compile(" up to "))
        expect(chart).not_to_have_attribute("aria-label", re.compile("last sample"))


def test_while_nobody_asks_charts_with_an_objective_say_that_there_is_no_data(show: Shown) -> None:
    page = show(Mode.EMPTY)
    said = page.locator("#group-speed .collapsed p", has_text="Time to first token,")
    expect(said).to_contain_text("no data: no streamed answer began in this time")
    expect(panel_of(page, "ttft")).to_be_hidden()
    expect(panel_of(page, "error-ratio").locator(".lack")).to_contain_text("no data: no request")


def test_a_server_that_stalls_is_said_and_ages_stop_and_then_nothing_is_known(
    show: Shown, stage: str
) -> None:
    page = show(Mode.HEALTHY)
    expect(page.locator("#verdict")).to_have_text("Yes, all is well.")
    expect(page).to_have_title("Ollama Observe")
    assert tell(f"{stage}/fixture/still/{STILL_SECONDS}")
    expect(page.locator("#connection-words")).to_have_text("Nothing heard of the dashboard for")
    expect(page.locator("#connection-age")).to_have_text(re.compile(r"^1\d s\.$"))
    ages = page.locator("#live-rows tr:not(.has-ended) td:nth-child(5)")
    stopped = ages.all_inner_texts()
    assert stopped
    heard = page.locator("#heard").inner_text()
    page.context.set_default_timeout(2 * WITHIN_SECONDS * 1000)
    expect(page.locator("#connection-words")).to_have_text(re.compile("^Reconnecting"))
    expect(page.locator("#verdict")).to_have_text(re.compile(r"^Not known since \d\d:\d\d:\d\d\.$"))
    expect(page).to_have_title("⚠ Ollama Observe")
    assert ages.all_inner_texts() == stopped
    assert page.locator("#heard").inner_text() == heard
    expect(page.locator("#verdict")).to_have_text("Yes, all is well.")
    expect(page).to_have_title("Ollama Observe")


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
