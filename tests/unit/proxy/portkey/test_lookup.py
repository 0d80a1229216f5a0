"""A name that nobody answers for holds up who asks for it, and nobody else."""

import asyncio
import socket
import threading

import pytest

from proxy.portkey.lookup import MOST_PENDING, Lookup


async def test_an_address_that_there_is_is_found() -> None:
    await Lookup("127.0.0.1", 8787).found()


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "not known"),
        (UnicodeError("label too long"), "no name of a host"),
    ],
)
async def test_why_there_is_none_is_said(raised: Exception, said: str) -> None:
    def resolve(_host: str, _port: int) -> None:
        raise raised

    with pytest.raises(OSError, match=said):
        await Lookup("gateway", 8787, resolve).found()


async def test_what_nobody_waits_for_any_more_goes_on_a_bounded_number_of_times() -> None:
    released = threading.Event()
    lookup = Lookup("gateway", 8787, lambda _host, _port: released.wait(30))
    for _ in range(MOST_PENDING):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await lookup.found()
    with pytest.raises(OSError, match="nobody says"):
        await lookup.found()
    released.set()
    async with asyncio.timeout(5):
        while True:
            try:
                await lookup.found()
                break
            except socket.gaierror:
                await asyncio.sleep(0.005)
