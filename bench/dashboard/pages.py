"""Pages as browsers open them, without the drawing: `python -m bench.dashboard.pages`.

It says on stdout that all pages have all of their panels, then waits for a line on stdin, counts
what comes until the next line, and prints that as JSON.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from bench.dashboard.cases import Case

AT_ONCE = 20
"""Pages that come at a time."""
SMALL_BUFFER_BYTES = 4096
"""What a deaf page's system keeps of what it does not read."""
LOOK_SECONDS = 0.25
"""Longer than the dashboard waits for the next look."""


class _Panel(msgspec.Struct):
    id: str


class _Said(msgspec.Struct):
    """What is read of a message, to see that it is one."""

    type: str
    panels: list[_Panel] = []
    sentence: str = ""


_kind = msgspec.json.Decoder(_Said).decode


class Page:
    """One that reads all, and counts it."""

    def __init__(self, connection: ClientConnection, case: Case, number: int) -> None:
        self._connection = connection
        self._look = case.look(number)
        self.view = self._look.view.key
        self.messages: Counter[str] = Counter()
        self.bytes = 0

    async def load(self) -> None:
        """Look, until every panel has come. Raises: ValueError."""
        await self._connection.send(msgspec.json.encode(self._look))
        missing = set(self._look.panels)
        while missing:
            said = _kind(await self._next())
            if said.type == "refusal":
                raise ValueError(f"expected a view, found a refusal: {said.sentence}")
            if said.type == "frame":
                missing -= {panel.id for panel in said.panels}

    async def read(self) -> None:
        """Read and count, without end."""
        while True:
            message = await self._next()
            # `type` comes first
            self.messages[message[9 : message.index(b'"', 9)].decode()] += 1
            self.bytes += len(message)

    async def _next(self) -> bytes:
        message = await self._connection.recv()
        if not isinstance(message, bytes):
            raise TypeError(f"expected bytes, found text: {message[:80]}")
        return message

    def forget(self) -> None:
        """Count from here on."""
        self.messages.clear()
        self.bytes = 0


@contextlib.asynccontextmanager
async def page(port: int, case: Case, number: int) -> AsyncIterator[Page]:
    """One page that is open."""
    origin = Origin(f"http://127.0.0.1:{port}")
    address = f"ws://127.0.0.1:{port}/ws"
    async with connect(
        address, origin=origin, proxy=None, max_size=None, compression=None, ping_interval=None
    ) as connection:
        yield Page(connection, case, number)


async def deaf_page(port: int, case: Case, looks: int) -> ClientConnection:
    """One that reads nothing, and so often looks away and back, each time for whole frames.

    After enough of them nothing more fits between it and the dashboard.
    """
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    connection = await connect(
        f"ws://127.0.0.1:{port}/ws",
        origin=Origin(f"http://127.0.0.1:{port}"),
        sock=sock,
        proxy=None,
        max_queue=1,
        max_size=None,
        compression=None,
        ping_interval=None,
    )
    look = case.look(0)
    away = msgspec.json.encode(msgspec.structs.replace(look, panels=()))
    connection.transport.pause_reading()
    for _ in range(looks):
        for said in (msgspec.json.encode(look), away):
            await connection.send(said)
            await asyncio.sleep(LOOK_SECONDS)
    await connection.send(msgspec.json.encode(look))
    return connection


async def run(port: int, case: Case, looks: int) -> None:
    """Open all, say so, count between two lines, print what came. Raises: ValueError."""
    lines = await _lines()
    gate = asyncio.Semaphore(AT_ONCE)
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as reading:

        async def opened(number: int) -> Page:
            async with gate:
                found = await stack.enter_async_context(page(port, case, number))
                await found.load()
            return found

        pages = await asyncio.gather(*map(opened, range(case.pages)))
        tasks = [reading.create_task(one.read()) for one in pages]
        deaf = await asyncio.gather(*(deaf_page(port, case, looks) for _ in range(case.deaf)))
        _say("ready")
        await lines.readline()
        for one in pages:
            one.forget()
        await lines.readline()
        _say(json.dumps([_counted(one) for one in pages]))
        for task in tasks:
            task.cancel()
        for connection in deaf:
            connection.transport.abort()


def _counted(one: Page) -> dict[str, Any]:
    return {"view": one.view, "bytes": one.bytes, "messages": dict(one.messages)}


async def _lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def main() -> None:
    """Be all pages of a case."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard.pages", allow_abbrev=False)
    parser.add_argument("--port", type=int, required=True)
    for name in ("pages", "views", "deaf", "looks"):
        parser.add_argument(f"--{name}", type=int, required=True)
    told = parser.parse_args()
    case = Case("", "", told.pages, told.views, told.deaf)
    uvloop.run(run(told.port, case, told.looks))


if __name__ == "__main__":
    main()
