"""Many pages at one dashboard, over real sockets: slow ones, deaf ones, and an end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dashboard.hub import encode
from dashboard.messages import Live, Request
from dashboard.viewer import MOST_BYTES, Viewer
from tests.dashboards import CEILING_SECONDS, RunningDashboard, heard, look, page, running_dashboard

PAGES = 40
FRAME = 256 * 1024
BUFFERS = 16 * 1024 * 1024
"""More than what two systems and a client hold of a socket by themselves."""


def live(number: int) -> Live:
    """A long table, so that what is kept of it would be seen."""
    row = Request(f"r{number}", "/api/chat", "m:1b", "direct", "answering", 1.0, 1.0, 7, 5.0)
    return Live(float(number), [row] * 100, [])


@contextlib.asynccontextmanager
async def deaf_page(it: RunningDashboard) -> AsyncIterator[tuple[ClientConnection, Viewer]]:
    """A page that reads nothing more once it has said what it wants to see."""
    async with page(it, max_queue=1, max_size=None) as socket:
        before = set(it.views.looks)
        await socket.send(look())
        await heard(socket, "viewing")
        (viewer,) = set(it.views.looks) - before
        socket.transport.pause_reading()
        try:
            yield socket, viewer
        finally:
            socket.transport.abort()


async def test_all_pages_hear_what_is_for_all() -> None:
    async with running_dashboard() as it, contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(page(it)) for _ in range(PAGES)]
        for socket in sockets:
            await heard(socket, "live")  # that the proxy is away
        it.dashboard.hub.show_live(live(7))
        tables = await asyncio.gather(*(heard(socket, "live") for socket in sockets))
        assert {table["at"] for table in tables} == {7.0}
        assert it.value("dashboard_viewers") == PAGES


async def test_a_page_that_does_not_read_holds_nobody_up_and_keeps_little() -> None:
    async with running_dashboard() as it, page(it) as other, deaf_page(it) as (_, deaf):
        await heard(other, "live")
        taken = 0
        async with asyncio.timeout(CEILING_SECONDS):
            # as often as it takes until no buffer on the way takes any more
            while deaf.offer(bytes(FRAME)):
                taken += FRAME
                await asyncio.sleep(0)
        assert taken < MOST_BYTES + BUFFERS
        assert not deaf.is_ready
        for number in range(300):
            it.dashboard.hub.show_live(live(number))
            assert (await heard(other, "live"))["at"] == number
        assert it.value("dashboard_dropped_frames_total") == 1


async def test_a_page_that_reads_again_has_the_latest_table_and_no_older_one() -> None:
    async with running_dashboard() as it, deaf_page(it) as (socket, deaf):
        async with asyncio.timeout(CEILING_SECONDS):
            while deaf.offer(bytes(FRAME)):
                await asyncio.sleep(0)
        for number in range(50):
            it.dashboard.hub.show_live(live(number))
        socket.transport.resume_reading()
        tables: list[bytes] = []
        latest = encode(live(49))
        async with asyncio.timeout(CEILING_SECONDS):
            while not deaf.is_ready or latest not in tables:
                message = await socket.recv()
                assert isinstance(message, bytes)
                tables += [message] if message.startswith(b'{"type":"live"') else []
        # what was on its way before it was deaf, and the latest
        assert tables[-1] == latest
        assert len(tables) <= 3
        assert deaf.offer(b"{}")


async def test_at_the_end_all_are_sent_away_at_once_and_a_deaf_page_keeps_nobody() -> None:
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as pages:
        async with running_dashboard() as it:
            sockets = [await pages.enter_async_context(page(it)) for _ in range(5)]
            _, deaf = await pages.enter_async_context(deaf_page(it))
            while deaf.offer(bytes(FRAME)):
                await asyncio.sleep(0)
            for socket in sockets:
                await heard(socket, "hello")
            begun = loop.time()
        assert loop.time() - begun < CEILING_SECONDS / 2
        for socket in sockets:
            with pytest.raises(ConnectionClosed) as closed:
                await heard(socket, "nothing")
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
                1001,
                "the dashboard stops",
            )


async def test_pages_that_leave_without_a_word_are_forgotten() -> None:
    async with running_dashboard() as it:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(5):
                socket = await stack.enter_async_context(page(it))
                await socket.send(look())
                await heard(socket, "viewing")
                socket.transport.abort()
        await asyncio.wait_for(it.dashboard.hub.empty.wait(), CEILING_SECONDS)
        assert it.views.looks == {}
        assert len(it.views.left) == 5
