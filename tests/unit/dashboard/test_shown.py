"""What was shown last is what the health is judged by."""

import pytest
from prometheus_client import CollectorRegistry

from dashboard.books import Books
from dashboard.hub import Hub, encode
from dashboard.messages import Live, Part, State, Strip
from dashboard.shown import Shown


def strip(state: State) -> Strip:
    part = Part("prometheus", "Prometheus", state, "because", None, None)
    return Strip(1.0, [part], [], None, [], False, None)


def shown() -> tuple[Shown, Hub, CollectorRegistry]:
    registry = CollectorRegistry()
    books = Books(registry)
    hub = Hub(10, books)
    return Shown(hub, books), hub, registry


async def test_before_anything_was_shown_nothing_is_known() -> None:
    it, _, _ = shown()
    assert (await it.check_live()).detail == "the proxy was not asked yet"
    assert (await it.check_prometheus()).detail == "Prometheus was not asked yet"


async def test_what_is_shown_goes_to_all() -> None:
    it, hub, _ = shown()
    live, parts = Live(1.0, [], []), strip(State.OK)
    with hub.entered() as viewer:
        it.show_live(live)
        it.show_strip(parts)
        assert [await viewer.next(), await viewer.next()] == [encode(live), encode(parts)]


@pytest.mark.parametrize(("error", "is_well"), [("", True), ("the proxy is away", False)])
async def test_a_table_that_is_not_followed_is_no_health(error: str, is_well: bool) -> None:
    it, _, registry = shown()
    it.show_live(Live(1.0, [], [], error))
    assert (await it.check_live()).ok is is_well
    assert registry.get_sample_value("dashboard_live_connected") == is_well


@pytest.mark.parametrize(
    ("state", "is_well", "is_up"),
    [(State.OK, True, True), (State.DOWN, False, False), (State.OFF, True, False)],
)
async def test_a_prometheus_that_is_down_is_no_health_and_one_that_is_not_wanted_is(
    state: State, is_well: bool, is_up: bool
) -> None:
    it, _, _ = shown()
    it.show_strip(strip(state))
    check = await it.check_prometheus()
    assert (check.ok, check.is_up, check.detail) == (is_well, is_up, "because")
