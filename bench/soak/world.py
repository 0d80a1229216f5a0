"""What all scenarios of a soak share, and the few steps that most of them take."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from bench.load import WrongAnswerError
from bench.soak.counts import Expected
from bench.soak.recordings import Recording
from bench.soak.upstream import Call, Script, Upstream
from tests.clients import Head, RawClient

HELD_BYTES = 1 << 16


@dataclass(slots=True)
class World:
    """The proxy's port, the upstream behind it, what is expected, and the dice."""

    port: int
    upstream: Upstream
    draw: random.Random
    expected: Expected = field(default_factory=Expected)

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[RawClient]:
        """A connection to the proxy."""
        client = await RawClient.connect(f"http://127.0.0.1:{self.port}")
        try:
            yield client
        finally:
            client.close()

    @contextlib.asynccontextmanager
    async def slow_client(self) -> AsyncIterator[RawClient]:
        """A connection that holds little for its reader: what is unread stays with the sender."""
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, HELD_BYTES)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        client = RawClient(*await asyncio.open_connection(sock=sock, limit=HELD_BYTES))
        try:
            yield client
        finally:
            client.close()

    def leave(self, client: RawClient) -> None:
        """Leave as clients do: by closing, or by a reset."""
        if self.draw.random() < 0.5:
            client.reset()
        else:
            client.close()


async def ask(client: RawClient, recording: Recording, header: str) -> None:
    """Send a recording's request."""
    capture = recording.capture
    kept = [f"{k}: {v}" for k, v in capture.headers.items() if k in _KEPT]
    await client.request(capture.method, capture.path, capture.request_body, header, *kept)


_KEPT = frozenset(
    {"Content-Type", "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}
)


async def answer(call: Call, recording: Recording) -> None:
    """Read the request, then send the recorded answer, each chunk as it was."""
    await call.read_body()
    await call.send(recording.head)
    if recording.capture.framing == "chunked":
        for piece in recording.pieces:
            await call.chunk(piece)
            await asyncio.sleep(0)
        await call.send(b"0\r\n\r\n")
    else:
        await call.send(recording.capture.body)


async def begin(call: Call, recording: Recording, count: int) -> None:
    """Read the request, then send the recorded answer as far as its first `count` chunks."""
    await call.read_body()
    await call.send(recording.head)
    for piece in recording.pieces[:count]:
        await call.chunk(piece)


def replay(recording: Recording) -> Script:
    """The script that answers with a recording, whatever is asked."""

    async def script(call: Call) -> None:
        await answer(call, recording)

    return script


async def read_answer(client: RawClient, recording: Recording) -> None:
    """Read a whole answer, which must be the recorded one."""
    head = await client.head()
    body = b"" if recording.capture.method == "HEAD" else await client.body(head)
    check(head, recording.capture.status, body, recording.capture.body)


async def read_payload(client: RawClient, size: int) -> bytes:
    """Read so many bytes of a chunked body, and no further."""
    payload = b""
    while len(payload) < size:
        payload += await client.chunk()
    return payload


def check(head: Head, status: int, body: bytes = b"", expected_body: bytes = b"") -> None:
    """The client must get what was sent. Raises: WrongAnswerError."""
    if head.status != status:
        raise WrongAnswerError(f"expected status {status}, found {head.status}")
    if body != expected_body:
        raise WrongAnswerError(f"expected {len(expected_body)} bytes, found {len(body)} others")
