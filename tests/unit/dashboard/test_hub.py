"""What is for all is encoded once; a newcomer has the latest; there is room for so many."""

import asyncio

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from dashboard.books import Books
from dashboard.hub import GOING_AWAY, FullError, Hub, encode
from dashboard.messages import Configuration, Hello, Live, Strip
from dashboard.viewer import End
from ollama_observe.service.tasks import spawn

CEILING_SECONDS = 5.0

STRIP = Strip(1.0, [], [], None, [], False, None)
LIVE = Live(1.0, [], [])
CONFIGURATION = Configuration(1.0, [], {}, True, [])


def hub(most: int = 10) -> tuple[Hub, CollectorRegistry]:
    registry = CollectorRegistry()
    return Hub(most, Books(registry)), registry


async def test_all_viewers_have_the_same_bytes() -> None:
    it, _ = hub()
    with it.entered() as one, it.entered() as other:
        it.show_live(LIVE)
        ours, theirs = await one.next(), await other.next()
        assert ours is theirs
        assert ours == encode(LIVE)


def test_a_frame_that_a_viewer_is_too_slow_for_is_counted() -> None:
    it, registry = hub()
    with it.entered() as viewer:
        while viewer.offer(b"x"):
            pass
    assert registry.get_sample_value("dashboard_dropped_frames_total") == 1


async def test_a_newcomer_has_the_latest_at_once() -> None:
    it, _ = hub()
    it.show_strip(STRIP)
    it.show_live(LIVE)
    it.show_configuration(CONFIGURATION)
    with it.entered() as viewer:
        said = [await viewer.next() for _ in range(3)]
    assert said == [encode(STRIP), encode(LIVE), encode(CONFIGURATION)]


async def test_a_newcomer_is_greeted_first_and_all_are_again_when_the_greeting_changes() -> None:
    it, _ = hub()
    it.show_strip(STRIP)
    hello = Hello(1, "1.0", (), (), (), (), "", "", 5.0)
    it.greet(hello)
    with it.entered() as viewer:
        assert [await viewer.next(), await viewer.next()] == [encode(hello), encode(STRIP)]
        other = msgspec.structs.replace(hello, prometheus_url="http://p")
        it.greet(other)
        assert await viewer.next() == encode(other)


async def test_a_strip_is_shown_again_where_no_other_comes() -> None:
    it, _ = hub()
    task = spawn(it.repeat(0.01), name="repeat")
    with it.entered() as viewer:
        it.show_strip(STRIP)
        for _ in range(3):
            assert await asyncio.wait_for(viewer.next(), CEILING_SECONDS) == encode(STRIP)
    task.cancel()
    await asyncio.wait([task])


async def test_nothing_is_shown_again_where_there_was_nothing_or_it_is_new() -> None:
    for after, has_strip in ((0, False), (3600, True)):
        it, _ = hub()
        task = spawn(it.repeat(after), name="repeat")
        with it.entered() as viewer:
            if has_strip:
                it.show_strip(STRIP)
                assert await viewer.next() == encode(STRIP)
            waiting = asyncio.ensure_future(viewer.next())
            for _ in range(50):
                await asyncio.sleep(0)
            assert not waiting.done()
            waiting.cancel()
        task.cancel()
        await asyncio.wait([task, waiting])


def test_there_is_room_for_so_many_and_again_when_one_leaves() -> None:
    it, registry = hub(most=1)
    with it.entered():
        assert registry.get_sample_value("dashboard_viewers") == 1
        with pytest.raises(FullError, match=r"1 pages look already .DASHBOARD_MOST_VIEWERS.:"):
            it.entered().__enter__()
    assert registry.get_sample_value("dashboard_refused_viewers_total", {"reason": "full"}) == 1
    assert registry.get_sample_value("dashboard_viewers") == 0
    with it.entered():
        assert len(it) == 1


async def test_at_the_end_all_are_sent_away_and_whoever_still_comes() -> None:
    it, _ = hub()
    with it.entered() as viewer:
        it.close()
        assert await viewer.next() == End(GOING_AWAY, "the dashboard stops")
        assert not it.empty.is_set()
    await asyncio.wait_for(it.empty.wait(), 1)
    it.show_strip(STRIP)
    with it.entered() as late:
        assert await late.next() == End(GOING_AWAY, "the dashboard stops")


def test_what_is_not_a_number_is_nothing_on_the_page() -> None:
    strip = msgspec.structs.replace(STRIP, newest=float("nan"))
    assert msgspec.json.decode(encode(strip))["newest"] is None
