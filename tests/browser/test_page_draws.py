"""The page draws what Prometheus has: charts, tiles, PromQL, and what can be taken away."""

import math
import re
import time

from playwright.sync_api import Locator, Page, expect

from dashboard.panels import GROUPS, PANELS
from dashboard.panels.model import Kind, Panel
from tests.browser.readings import (
    opened,
    panel_of,
    promql_of,
    table_of,
    taken,
    until,
    until_all_said,
    until_drawn,
    until_panel,
)
from tests.browser.visits import ALL_AT_ONCE, Visits
from tests.browser.world import World

DRAWN = [panel for panel in PANELS if panel.kind not in (Kind.TILE, Kind.MARKS)]
SECTIONS = [group.id for group in GROUPS if any(panel.group == group.id for panel in DRAWN)]
TILES = [panel for panel in PANELS if panel.kind is Kind.TILE and not panel.instead_of]
WRITTEN = """async ([values, unit]) => {
  const { number } = await import("/format.js");
  return values.map((value) => number(value, unit));
}"""
"""Numbers as the page writes them."""
SETTLED_SECONDS = 5
"""Samples of later instants may not have been there yet when the dashboard asked."""
LEAST_SAME = 0.8
"""On a busy machine samples come late: the page shows what was known by then."""


def test_every_group_draws_and_every_panel_draws_or_says_why(visit: Visits) -> None:
    page = visit("?range=5m", device=ALL_AT_ONCE)
    for group in SECTIONS:
        until_drawn(page, f"#group-{group} .panel:not([hidden]) canvas")
    until_all_said(page)


def written(page: Page, values: list[float], panel: Panel) -> set[str]:
    return set(page.evaluate(WRITTEN, [values, panel.unit.value]))


def test_a_tile_has_the_number_that_prometheus_has(visit: Visits, world: World) -> None:
    page = visit()
    for panel in TILES:
        tile = page.locator(f'#tiles [data-panel="{panel.id}"]')
        value = tile.locator(".tile-value")
        expect(value).not_to_have_text("–")
        if panel.id == "now-in-flight":
            continue  # the proxy's own word is fresher, and is the table's
        tile.get_by_role("button").click()
        expr = page.locator(".full .queries code").inner_text()

        def agrees(expr: str = expr, panel: Panel = panel, value: Locator = value) -> bool:
            end = time.time() // 10 * 10  # noqa: TID251 (Prometheus has Unix time)
            (known,) = world.values(expr, end - 20, end, 10)
            return value.inner_text() in written(page, list(known.values()), panel)

        assert until(page, agrees), panel.id
        until_drawn(page, f'#tiles [data-panel="{panel.id}"] canvas', 1)
        page.keyboard.press("Escape")


def test_the_promql_is_one_click_away_and_is_what_was_asked(visit: Visits, world: World) -> None:
    page = visit("?range=5m&by=model")
    for name in ("generated-tokens", "ttft"):
        until_panel(page, name)
        exprs = promql_of(page, name)
        table = table_of(page, name)
        end = table.times[-1] - SETTLED_SECONDS
        step = table.times[1] - table.times[0]
        told = [one for expr in exprs for one in world.values(expr, table.times[0], end, step)]
        for title, values in table.columns.items():
            known = {at: v for at, v in zip(table.times, values, strict=True) if v is not None}
            settled = {at: value for at, value in known.items() if at <= end}
            assert settled, title
            assert any(is_part(settled, series) for series in told), title


def is_part(some: dict[float, float], series: dict[float, float]) -> bool:
    same = [at for at, v in some.items() if math.isclose(series.get(at, math.nan), v)]
    return len(same) >= len(some) * LEAST_SAME


def test_requests_that_fail_are_drawn_by_kind(visit: Visits, world: World) -> None:
    for _ in range(3):
        world.ask_in_vain()
    page = visit("?range=5m")
    panel_of(page, "errors").scroll_into_view_if_needed()
    until_drawn(page, '[data-panel="errors"] canvas', 20)  # it is as short as it is counted

    def is_counted() -> bool:
        columns = table_of(page, "errors").columns
        return any(value == 3 for value in columns.get("upstream_4xx (requests)", ()))

    assert until(page, is_counted)


def test_what_is_copied_is_what_is_shown(visit: Visits) -> None:
    page = visit("?range=5m")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    until_panel(page, "generated-tokens")
    shown = promql_of(page, "generated-tokens")
    panel = opened(page, "generated-tokens")
    panel.get_by_role("button", name="Copy PromQL").click()
    expect(panel.get_by_role("status")).to_have_text("Copy PromQL: done")
    assert page.evaluate("() => navigator.clipboard.readText()") == "\n".join(shown)


def test_a_panel_is_taken_away_as_a_picture(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, "generated-tokens")
    picture = taken(page, "generated-tokens", "PNG").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")
    script = """async (bytes) => {
      const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height, canvas.className] = [image.width, image.height, "taken"];
      canvas.getContext("2d").drawImage(image, 0, 0);
      document.body.append(canvas);
      return image.width;
    }"""
    shown = panel_of(page, "generated-tokens").locator("canvas").bounding_box()
    assert shown is not None
    # twice as fine as the page, with a margin
    assert page.evaluate(script, list(picture)) > 2 * shown["width"]
    until_drawn(page, "canvas.taken")


def test_a_panel_opens_full_width_with_a_table_and_its_numbers(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, "ttft")
    opened(page, "ttft").get_by_role("button", name="Full width").click()
    expect(page.locator("#charts-title")).to_have_text("What exactly?")
    until_drawn(page, ".full canvas")
    heads = page.locator(".full .stats thead th").all_inner_texts()
    assert heads == ["series", "last", "mean", "max", "p95"]
    expect(
        page.locator(".full .stats tbody tr", has_text="p95").locator("td").nth(2)
    ).to_contain_text("s")
    expect(page).to_have_url(re.compile("panel=ttft"))
    page.get_by_role("button", name="All panels").click()
    expect(page.locator(".groups")).to_be_visible()
