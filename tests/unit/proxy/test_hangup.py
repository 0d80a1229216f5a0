"""A peer that closes is noticed though nothing is read from it."""

import asyncio
import select
import socket

import pytest

from proxy.hangup import HangupWatch

pytestmark = pytest.mark.skipif(
    not hasattr(select, "epoll"), reason="only Linux tells of a hang-up without reading"
)


async def test_a_hang_up_is_told_once_and_only_while_watched() -> None:
    watch = HangupWatch(asyncio.get_running_loop())
    told = asyncio.Event()
    ours, theirs = socket.socketpair()
    forgotten, its_peer = socket.socketpair()
    with ours, forgotten:
        watch.watch(ours.fileno(), told.set)
        watch.watch(forgotten.fileno(), lambda: pytest.fail("it was forgotten"))
        watch.forget(forgotten.fileno())
        theirs.sendall(b"unread")
        its_peer.close()
        theirs.close()
        async with asyncio.timeout(5):
            await told.wait()
        watch.forget(ours.fileno())
    watch.close()


async def test_a_socket_is_watched_again_after_it_was_read_from() -> None:
    watch = HangupWatch(asyncio.get_running_loop())
    told = asyncio.Event()
    ours, theirs = socket.socketpair()
    with ours:
        watch.watch(ours.fileno(), told.set)
        watch.forget(ours.fileno())
        watch.watch(ours.fileno(), told.set)
        theirs.close()
        async with asyncio.timeout(5):
            await told.wait()
    watch.forget(ours.fileno())  # closed already
    watch.close()
