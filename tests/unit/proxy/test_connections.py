"""The watch for clients that hang up. Everything else of a connection needs a server."""

import asyncio
import socket
import sys

import pytest

from proxy.connections import HangupWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: epoll")


async def test_a_peer_that_closes_is_noticed_behind_what_it_sent() -> None:
    here, there = socket.socketpair()
    noticed = asyncio.Event()
    watch = HangupWatch(asyncio.get_running_loop())
    with here, there:
        watch.watch(here.fileno(), noticed.set)
        there.sendall(b"unread")
        await asyncio.sleep(0)
        assert not noticed.is_set()
        there.close()
        async with asyncio.timeout(5):
            await noticed.wait()
    watch.close()


async def test_a_socket_that_is_forgotten_is_not_watched() -> None:
    here, there = socket.socketpair()
    noticed = asyncio.Event()
    watch = HangupWatch(asyncio.get_running_loop())
    with here, there:
        watch.watch(here.fileno(), noticed.set)
        watch.forget(here.fileno())
        watch.forget(here.fileno())
        there.close()
        for _ in range(20):
            await asyncio.sleep(0.005)
    assert not noticed.is_set()
    watch.close()
