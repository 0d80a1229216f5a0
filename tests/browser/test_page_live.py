"""The page moves: rows come, count and go, and points are added at the end of lines."""

import contextlib

from playwright.sync_api import expect

from tests.browser.readings import table_of, until, until_panel
from tests.browser.visits import Visits
from tests.browser.world import FAST, SLOW, THINKING, World

PANEL = "generated-tokens"
TOKENS_OF_SLOW = """([model, more]) => {
  const row = [...document.querySelectorAll("#live-rows tr:not(.has-ended)")].find(
    (one) => one.children[1].textContent === model);
  const tokens = Number(row?.children[5].textContent);
  return tokens > more ? tokens : 0;
}"""
PHASES = """(model) => {
  window.phases = [];
  new MutationObserver(() => {
    for (const row of document.querySelectorAll("#live-rows tr")) {
      const [phase, name] = row.children;
      const word = phase.querySelector(".phase-word").textContent;
      if (name.textContent === model && window.phases.at(-1) !== word) window.phases.push(word);
    }
  }).observe(document.getElementById("live-rows"), { subtree: true, childList: true });
}"""
SHIFTS = """() => {
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      // rows of the table glide to their places: that is no jump
      if (entry.sources.every(({ node }) => !node || node.closest?.("#live-rows"))) continue;
      const who = entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
      window.shifted.push(`${entry.value.toFixed(4)} ${who.join(", ")}`);
    }
  }).observe({ type: "layout-shift" });
}"""
AGREES = """() => {
  const rows = document.querySelectorAll("#live-rows tr:not(.has-ended)").length;
  const tile = document.querySelector('#tiles [data-panel="now-in-flight"] .tile-value');
  return rows > 1 && tile.textContent === `${rows}`;
}"""
LEAST_SHIFT = 0.01
"""What the digits of a legend may move."""


def test_a_request_has_a_row_that_counts_as_it_streams_and_fades_with_its_outcome(
    visit: Visits, world: World
) -> None:
    page = visit()
    page.evaluate(PHASES, SLOW)
    with world.asking(SLOW):
        row = page.locator("#live-rows tr", has_text=SLOW)
        expect(row).to_be_visible()
        first = page.wait_for_function(TOKENS_OF_SLOW, arg=[SLOW, 0]).json_value()
        second = page.wait_for_function(TOKENS_OF_SLOW, arg=[SLOW, first]).json_value()
        assert 0 < first < second
        assert float(row.locator("td").nth(6).inner_text()) > 0
        assert row.locator("td").nth(2).inner_text() == "/api/chat"
        expect(row.locator(".phase-word")).to_have_text("ok")
        assert row.locator("td").nth(5).inner_text() == "36"
        expect(row).to_have_count(0)
    phases = page.evaluate("() => window.phases")
    assert phases[-2:] == ["answering", "ok"]
    assert set(phases[:-2]) <= {"waiting", "loading", "prefill"}


def test_both_models_come_and_go_and_the_tile_counts_their_rows(visit: Visits) -> None:
    page = visit()
    for model in (FAST, THINKING):
        expect(page.locator("#live-rows tr", has_text=model).first).to_be_visible()
    page.wait_for_function(AGREES)


def test_points_are_added_at_the_end(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, PANEL)
    tables = [table_of(page, PANEL)]

    def has_grown() -> bool:
        tables.append(table_of(page, PANEL))
        return tables[-1].times[-1] >= tables[0].times[-1] + 3

    assert until(page, has_grown)
    before, after = tables[0], tables[-1]
    (was,), (now,) = before.columns.values(), after.columns.values()
    assert now[-1] is not None
    for at, value in zip(before.times, was, strict=True):
        if at in after.times:
            assert now[after.times.index(at)] == value


def test_nothing_moves_by_itself_while_rows_come_and_numbers_change(
    visit: Visits, world: World
) -> None:
    page = visit("?range=5m")
    until_panel(page, PANEL)
    top = page.evaluate("() => scrollY")
    page.evaluate(SHIFTS)
    with contextlib.ExitStack() as asked:
        for _ in range(10):
            asked.enter_context(world.asking(SLOW))
        expect(page.locator("#live-rows tr").nth(9)).to_be_attached()
        visit.hear(page, 20)
        assert page.evaluate("() => scrollY") == top
        page.mouse.wheel(0, 400)
        visit.hear(page, 10)
    shifts = page.evaluate("() => window.shifted")
    assert sum(float(one.split()[0]) for one in shifts) < LEAST_SHIFT, shifts
