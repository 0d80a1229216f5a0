"""A scripted Ollama that costs little and keeps its pace: `python -m bench.upstream`.

Unary chats are answered at once, streamed ones at the rate that a header asks for, one write
a chunk, due at fixed instants whether or not anybody reads (an open loop). Its first line on
stdout is its port. `GET /lateness` tells how well the pace was kept since it was last asked.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from typing import cast

import uvloop

from bench import exchanges
from bench.percentiles import percentile

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CHUNKS = re.compile(exchanges.CHUNKS_HEADER + rb": *(\d+)", re.IGNORECASE)
_RATE = re.compile(exchanges.RATE_HEADER + rb": *([\d.]+)", re.IGNORECASE)
_VERSION = b'{"version":"0.33.0"}'
_MODELS = b'{"models":[{"name":"smollm2:135m","digest":"%s"}]}' % (64 * b"0")


def _json(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


class Connection(asyncio.Protocol):
    """One connection of a proxy, or of a client that asks directly."""

    def __init__(self, lateness: list[float]) -> None:
        self._lateness = lateness
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._body_left = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        """Nobody is left to send to."""
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Read a head, count its body down, answer."""
        if self._body_left:
            self._body_left -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._head, 0, end)
            self._body_left = (int(length[1]) if length else 0) - (len(self._head) - end - 4)
            self._head = self._head[:end]
        if not self._body_left:
            head, self._head = self._head, b""
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        if head.startswith(b"POST /api/chat "):
            chunks, rate = _CHUNKS.search(head), _RATE.search(head)
            if chunks and rate:
                self._begin(int(chunks[1]), 1 / float(rate[1]))
            else:
                self._write(exchanges.UNARY_ANSWER)
        elif head.startswith(b"POST /api/blobs/"):
            self._write(exchanges.UPLOAD_ANSWER)
        elif head.startswith(b"GET /lateness "):
            self._write(_json(json.dumps(_summary(self._lateness)).encode()))
            self._lateness.clear()
        elif head.startswith(b"GET /api/tags "):
            self._write(_json(_MODELS))
        else:
            self._write(_json(_VERSION))

    def _begin(self, chunks: int, interval: float) -> None:
        self._write(exchanges.STREAM_HEAD + exchanges.stream_chunk(time.perf_counter_ns()))
        now = time.perf_counter()
        self._wait(chunks - 1, now + interval, interval, now)

    def _wait(self, chunks: int, due: float, interval: float, now: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, due - now), self._tick, chunks, due, interval)

    def _tick(self, chunks: int, due: float, interval: float) -> None:
        now = time.perf_counter()
        self._lateness.append(now - due)
        if chunks:
            self._write(exchanges.stream_chunk(time.perf_counter_ns()))
            self._wait(chunks - 1, due + interval, interval, now)
        else:
            self._write(exchanges.STREAM_END)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


def _summary(lateness: list[float]) -> dict[str, float]:
    return {"count": len(lateness), "p99_seconds": percentile(lateness, 99) if lateness else 0.0}


async def listen(connection: Callable[[], Connection]) -> None:
    """Serve on a free port of loopback, told on stdout, until cancelled."""
    server = await asyncio.get_running_loop().create_server(
        connection, "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


def main() -> None:
    """Serve until ended."""
    lateness: list[float] = []
    uvloop.run(listen(lambda: Connection(lateness)))


if __name__ == "__main__":
    main()
