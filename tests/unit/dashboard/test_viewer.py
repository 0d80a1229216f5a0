"""What waits for a viewer is little, and the latest of what only the latest counts of."""

import asyncio

import pytest

from dashboard.viewer import MOST_BYTES, MOST_FRAMES, End, Slot, Viewer

CEILING_SECONDS = 5.0


async def sent(viewer: Viewer, count: int) -> list[bytes | End]:
    return [await asyncio.wait_for(viewer.next(), CEILING_SECONDS) for _ in range(count)]


async def test_of_strips_and_tables_only_the_latest_is_sent() -> None:
    viewer = Viewer()
    for number in range(100):
        viewer.show(Slot.STRIP, b"strip %d" % number)
        viewer.show(Slot.LIVE, b"live %d" % number)
    assert await sent(viewer, 2) == [b"strip 99", b"live 99"]


async def test_frames_are_sent_one_after_the_other() -> None:
    viewer = Viewer()
    assert all(viewer.offer(b"%d" % number) for number in range(3))
    assert await sent(viewer, 3) == [b"0", b"1", b"2"]


async def test_frames_strip_and_table_take_turns() -> None:
    viewer = Viewer()
    for number in range(3):
        viewer.offer(b"%d" % number)
    viewer.show(Slot.STRIP, b"strip")
    assert await sent(viewer, 2) == [b"0", b"strip"]
    viewer.show(Slot.LIVE, b"live")
    assert await sent(viewer, 3) == [b"1", b"live", b"2"]


async def test_the_keys_of_frames_go_before_the_frames() -> None:
    viewer = Viewer()
    viewer.offer(b"frame")
    viewer.show(Slot.STRIP, b"strip")
    viewer.show(Slot.VIEWING, b"viewing")
    viewer.show(Slot.HELLO, b"hello")
    assert await sent(viewer, 4) == [b"hello", b"viewing", b"frame", b"strip"]


def test_a_viewer_that_is_behind_takes_no_more_frames() -> None:
    viewer = Viewer()
    assert viewer.is_ready
    assert [viewer.offer(b"x") for _ in range(MOST_FRAMES + 5)].count(True) == MOST_FRAMES
    assert not viewer.is_ready


async def test_a_viewer_has_room_again_when_its_frames_are_sent() -> None:
    viewer = Viewer()
    half = bytes(MOST_BYTES // 2)
    assert viewer.offer(half)
    assert viewer.offer(half)
    assert not viewer.offer(b"x")
    await sent(viewer, 2)
    assert viewer.is_ready
    assert viewer.offer(b"x")


def test_a_frame_that_is_longer_than_the_bound_is_taken_alone() -> None:
    viewer = Viewer()
    assert viewer.offer(bytes(MOST_BYTES + 1))
    assert not viewer.offer(b"x")


async def test_who_waits_is_told_as_soon_as_there_is_something() -> None:
    viewer = Viewer()
    waiting = asyncio.ensure_future(viewer.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    viewer.offer(b"frame")
    assert await asyncio.wait_for(waiting, CEILING_SECONDS) == b"frame"


@pytest.mark.parametrize("is_waiting", [False, True])
async def test_the_end_goes_before_all_that_waits_and_the_first_reason_counts(
    is_waiting: bool,
) -> None:
    viewer = Viewer()
    if not is_waiting:
        viewer.offer(b"frame")
    waiting = asyncio.ensure_future(viewer.next())
    if is_waiting:
        await asyncio.sleep(0)
    viewer.end(1001, "the dashboard stops")
    viewer.end(1011, "later")
    assert await asyncio.wait_for(waiting, CEILING_SECONDS) == End(1001, "the dashboard stops")
