"""What one looks at is chosen: by pointer, by keys, by address; and it is remembered."""

import re

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.readings import (
    opened,
    panel_of,
    promql_of,
    table_of,
    until,
    until_drawn,
    until_panel,
)
from tests.browser.visits import PHONE, Theme, Visits
from tests.browser.world import FAST, THINKING

PANEL = "generated-tokens"
NO_ROW_OF = """(text) => {
  const rows = [...document.querySelectorAll("#live-rows tr")];
  return rows.length > 0 && rows.every((row) => !row.textContent.includes(text));
}"""


def all_say(exprs: list[str], matcher: str) -> bool:
    return bool(exprs) and all(matcher in expr for expr in exprs)


def test_a_model_is_chosen_by_key_and_everything_is_of_it(visit: Visits) -> None:
    page = visit("?range=5m&by=model")
    page.keyboard.press("/")
    box = page.get_by_role("checkbox", name=FAST)
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.locator("#models-button")).to_be_focused()
    expect(page.locator("#models-label")).to_have_text(FAST)
    expect(page).to_have_url(re.compile("model=llama3.2%3A3b"))
    page.wait_for_function(NO_ROW_OF, arg=THINKING)
    until_panel(page, PANEL)
    expect(panel_of(page, PANEL)).to_contain_text(FAST)
    expect(panel_of(page, PANEL)).not_to_contain_text(THINKING)
    assert until(page, lambda: all_say(promql_of(page, PANEL), 'model=~"llama3\\\\.2:3b"'))
    page.reload()
    expect(page.locator("#models-label")).to_have_text(FAST)


def test_a_way_is_chosen_and_everything_is_of_it(visit: Visits) -> None:
    page = visit("?range=5m")
    page.get_by_role("radio", name="Portkey", exact=True).check()
    expect(page).to_have_url(re.compile("routing=portkey$"))
    page.wait_for_function(NO_ROW_OF, arg="direct")
    expect(page.locator("#live-rows .cell-routing").first).to_have_text("Portkey")
    until_panel(page, PANEL)
    assert until(page, lambda: all_say(promql_of(page, PANEL), 'routing="portkey"'))


def test_lines_are_of_all_or_of_each_model(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, PANEL)
    expect(panel_of(page, PANEL)).not_to_contain_text(FAST)
    page.get_by_role("radio", name="By model", exact=True).check()
    for model in (FAST, THINKING):
        expect(panel_of(page, PANEL)).to_contain_text(model)
    expect(page).to_have_url(re.compile("by=model$"))
    tints = page.locator("#live-rows tr", has_text=FAST).first.locator(".tint")
    swatch = panel_of(page, PANEL).locator(".ends > div", has_text=FAST).locator(".swatch")
    colour = "(one) => getComputedStyle(one).backgroundColor"
    assert tints.evaluate(colour) == swatch.evaluate(colour)


@pytest.mark.parametrize(("key", "name", "seconds"), [("1", "5m", 300), ("3", "1h", 3600)])
def test_a_key_is_a_range(visit: Visits, key: str, name: str, seconds: int) -> None:
    page = visit()
    page.keyboard.press(key)
    expect(page).to_have_url(re.compile(f"range={name}$"))
    expect(page.locator(f'#ranges input[value="{seconds}"]')).to_be_checked()
    expect(panel_of(page, PANEL).locator("canvas")).to_be_visible()

    def is_as_long() -> bool:
        times = table_of(page, PANEL).times
        return abs(times[-1] - times[0] - seconds) <= seconds / 10

    assert until(page, is_as_long)


def has_points(page: Page, least: int) -> bool:
    """Whether there is enough to zoom into."""
    (values,) = table_of(page, PANEL).columns.values()
    return sum(value is not None for value in values) >= least


def at_hand(page: Page) -> tuple[Locator, FloatRect]:
    """The panel's plot, and its place: at the top, where nothing above it moves it."""
    panel = until_panel(page, PANEL)
    panel.evaluate("(panel) => panel.scrollIntoView({ block: 'start' })")
    over = panel.locator(".u-over")
    box = over.bounding_box()
    assert box is not None
    return over, box


def test_a_stretch_is_zoomed_by_drag_and_back_undoes_it(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, PANEL)
    assert until(page, lambda: has_points(page, 12))
    over, box = at_hand(page)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.99, middle, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    found = re.search(r"from=(\d+)&to=(\d+)", page.url)
    assert found is not None
    start, end = int(found[1]), int(found[2])
    assert end - start == pytest.approx(57, abs=6)
    expect(page.locator("#zoom")).to_be_visible()

    def is_of_the_stretch() -> bool:
        times = table_of(page, PANEL).times
        return start - 2 <= times[0] <= times[-1] <= end + 2

    assert until(page, is_of_the_stretch)
    page.go_back()
    expect(page).to_have_url(re.compile("[?]range=5m$"))
    expect(page.locator("#zoom")).to_be_hidden()
    page.go_forward()
    expect(page.locator("#zoom")).to_be_visible()
    over.dblclick()
    expect(page.locator("#zoom")).to_be_hidden()
    over.hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    expect(page.locator("#zoom")).to_be_visible()


def test_all_charts_have_one_cursor(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, "ttft")
    _, box = at_hand(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.move(box["x"] + box["width"] / 2 + 9, box["y"] + 40)
    expect(panel_of(page, PANEL).locator(".tip")).to_contain_text("CE")
    line = panel_of(page, "ttft").locator(".u-cursor-x")
    expect(line).to_have_css("transform", re.compile(r"matrix\(1, 0, 0, 1, [1-9]\d+"))


def test_a_held_view_counts_what_it_missed_and_goes_on(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, PANEL)
    page.keyboard.press("Space")
    held = page.locator("#pause-missed")
    expect(held).to_have_text(re.compile(r"held: \d updates? missed"))
    table = page.locator("#live-rows").inner_html()
    expect(held).to_have_text(re.compile(r"held: ([5-9]|\d\d) updates missed"))
    assert page.locator("#live-rows").inner_html() == table
    page.keyboard.press("Space")
    expect(held).to_be_hidden()
    expect(page.locator("#live-rows")).not_to_have_js_property("innerHTML", table)


def seen_of(page: Page) -> list[str]:
    """What a chart shows: its pixels, its labels, its numbers."""
    panel = panel_of(page, PANEL)
    pixels = panel.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    return [str(pixels), *panel.locator(".ends").all_inner_texts(), str(table_of(page, PANEL))]


def ends_of(place: Locator) -> list[str]:
    """What the labels at the ends of the lines say."""
    return place.locator(f'[data-panel="{PANEL}"] .ends b').all_inner_texts()


def test_a_held_view_stays_while_one_scrolls_and_opens_a_panel(visit: Visits) -> None:
    page = visit("?range=5m")
    at_hand(page)
    page.keyboard.press("Space")
    visit.hear(page, 3)
    before = seen_of(page)
    visit.hear(page, 30)
    page.mouse.move(5, 5)
    page.mouse.wheel(0, 2000)
    until_panel(page, "client-ttft")
    at_hand(page)
    assert seen_of(page) == before
    last = ends_of(page.locator(".groups"))
    opened(page, PANEL).get_by_role("button", name="Full width").click()
    until_drawn(page, ".full canvas")
    assert ends_of(page.locator(".full")) == last


def test_rows_that_end_just_before_a_hold_stay(visit: Visits) -> None:
    page = visit("?range=5m")
    page.locator("#live-rows tr.has-ended").first.wait_for()
    page.keyboard.press("Space")
    rows = page.locator("#live-rows tr.has-ended")
    if rows.count() == 0:  # it was gone by then
        pytest.skip("no row ended just before")
    visit.hear(page, 30)
    expect(rows.first).to_have_css("opacity", "1")


def background(page: Page) -> str:
    return str(page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))


def test_a_theme_is_the_systems_until_another_is_chosen_and_remembered(visit: Visits) -> None:
    page = visit(theme="dark")
    document = page.locator("html")
    expect(document).to_have_attribute("data-theme", "dark")
    dark = background(page)
    page.emulate_media(color_scheme="light")
    expect(document).to_have_attribute("data-theme", "light")
    light = background(page)
    page.keyboard.press("t")
    expect(page.locator("#theme-label")).to_have_text("dark")
    page.reload()
    expect(document).to_have_attribute("data-theme", "dark")
    assert background(page) == dark != light


def test_a_panel_opens_by_key_and_escape_gives_the_focus_back(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, PANEL)
    panel_of(page, PANEL).get_by_role("img").focus()
    page.keyboard.press("ArrowLeft")
    expect(panel_of(page, PANEL).locator(".tip")).to_be_visible()
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="All panels")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel_of(page, PANEL).get_by_role("button", name="More of")).to_be_focused()


def test_escape_closes_what_was_opened_by_pointer_and_a_tile_has_its_own_stretch(
    visit: Visits,
) -> None:
    page = visit("?range=5m")
    over, _ = at_hand(page)
    over.hover()
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile(f"panel={PANEL}"))
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"\?range=5m$"))
    tile = page.locator('#tiles [data-panel="now-tokens"]').get_by_role("button")
    tile.click()
    until_drawn(page, ".full canvas")
    expect(page.locator("#fixed-range")).to_have_text("Always 15 minutes")
    expect(page.locator("#ranges")).to_be_hidden()
    expect(page.locator(".full .help").first).to_contain_text("Always the last 15 minutes")
    page.keyboard.press("5")
    page.locator(".full .u-over").dblclick()
    expect(page).to_have_url(re.compile(r"\?range=5m&panel=now-tokens$"))
    times = table_of(page, "now-tokens").times
    assert times[-1] - times[0] == pytest.approx(900, abs=30)
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"\?range=5m$"))
    expect(tile).to_be_focused()
    expect(page.locator("#ranges")).to_be_visible()


def test_the_list_of_keys_opens_and_closes(visit: Visits) -> None:
    page = visit()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("hold the view")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page.locator("#pause-label")).to_have_text("Pause")


FOCUSED = """() => {
  const one = document.activeElement;
  const shown = one.matches(".choices input") ? one.nextElementSibling : one;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  const { top, bottom, width } = shown.getBoundingClientRect();
  return {
    name: one.id || one.closest("[id]")?.id || one.tagName,
    isMarked: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    isSeen: width > 0 && bottom > 0 && top < innerHeight,
  };
}"""
REACHED = (
    "ranges",
    "models-button",
    "routings",
    "theme",
    "help-button",
    "pause",
    "tiles",
    "live-box",
)


def test_everything_is_reached_by_tab_and_the_focus_is_seen(visit: Visits) -> None:
    page = visit("?range=5m")
    until_panel(page, PANEL)
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["isMarked"], focused
        assert focused["isSeen"], focused
        names.append(focused["name"])
    assert [name for name in REACHED if name not in names] == []
    assert "group-speed" in names


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_phone_has_it_all_without_moving_sideways(visit: Visits, theme: Theme) -> None:
    page = visit("?range=5m", theme, PHONE)
    until_panel(page, PANEL)
    for place in ("#live", "#group-machine", "#group-traffic", "footer"):
        page.locator(place).scroll_into_view_if_needed()
        assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert panel_of(page, PANEL).locator(".plot").evaluate("(one) => one.clientHeight") == 160
    lefts = page.locator("#tiles li").evaluate_all(
        "(tiles) => tiles.map((one) => Math.round(one.getBoundingClientRect().left))"
    )
    assert len(set(lefts)) == 2
    expect(page.locator("#view-button")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("/")
    expect(page.locator("#view-button")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    page.locator("#view-button").click()
    page.locator("#view-button").click()
    page.get_by_role("radio", name="Direct", exact=True).check()
    expect(page.locator("#view-label")).to_contain_text("Direct")
    expect(page.locator("#live-rows td.cell-phase").first).to_be_visible()


def test_an_address_that_means_nothing_says_so_and_the_rest_is_shown(visit: Visits) -> None:
    page = visit("?range=5m&by=moon&panel=nobody")
    said = page.locator("#complaint-words")
    expect(said).to_contain_text("by is model, not “moon”")
    expect(said).to_contain_text("a panel that there is none of: nobody")
    expect(page.locator('#ranges input[value="300"]')).to_be_checked()
    page.get_by_role("button", name="Close").click()
    expect(said).to_be_hidden()
