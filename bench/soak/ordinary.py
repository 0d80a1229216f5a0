"""Scenarios that end well, some of them slowly."""

import asyncio

from bench.load import WrongAnswerError
from bench.soak.recordings import PLAIN, REFUSED, STREAMED, UNARY, Recording
from bench.soak.upstream import Call
from bench.soak.world import World, answer, ask, check, read_answer, replay

BLOB = bytes(range(256)) * 4096
_LINE = (
    b'{"model":"smollm2:135m","created_at":"2026-11-23T06:44:29.5Z","message":'
    b'{"role":"assistant","content":"' + 60_000 * b"x" + b'"},"done":false}\n'
)
_LAST = (
    b'{"model":"smollm2:135m","created_at":"2026-11-23T06:44:29.5Z","message":'
    b'{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":9000000,'
    b'"load_duration":1000000,"prompt_eval_count":15,"prompt_eval_duration":2000000,'
    b'"eval_count":%d,"eval_duration":5000000}\n'
)
STALL_SECONDS = 0.3
MOST_PIECES = 2000
"""More than the kernel's buffers hold, all of them together."""


def expect(world: World, recording: Recording) -> None:
    """A recording that was played to its end."""
    capture, expected = recording.capture, world.expected
    received = 0 if capture.method == "HEAD" else len(capture.body)
    expected.ended(capture.path, capture.status, len(capture.request_body), received)
    if recording.error_type:
        expected.failed(recording.error_type)
    if recording.prompt or recording.generated:
        expected.tokens(recording.model, recording.prompt, recording.generated)


async def some_requests(world: World) -> None:
    """A few requests, one after the other on one connection: whole answers of every kind."""
    async with world.client() as client:
        for _ in range(world.draw.randint(1, 4)):
            recording = world.draw.choice(STREAMED + UNARY + PLAIN + REFUSED)
            with world.upstream.scripted(replay(recording)) as header:
                await ask(client, recording, header)
                await read_answer(client, recording)
            expect(world, recording)


async def pipelined(world: World) -> None:
    """Three requests at once; the answers come in their order."""
    chosen = [world.draw.choice(STREAMED + UNARY) for _ in range(3)]
    async with world.client() as client:
        with (
            world.upstream.scripted(replay(chosen[0])) as first,
            world.upstream.scripted(replay(chosen[1])) as second,
            world.upstream.scripted(replay(chosen[2])) as third,
        ):
            for recording, header in zip(chosen, (first, second, third), strict=True):
                await ask(client, recording, header)
            for recording in chosen:
                await read_answer(client, recording)
    for recording in chosen:
        expect(world, recording)


async def slow_head(world: World) -> None:
    """The upstream thinks for a while before its first byte."""
    recording = world.draw.choice(STREAMED + UNARY)

    async def script(call: Call) -> None:
        await asyncio.sleep(world.draw.uniform(0.1, 0.5))
        await answer(call, recording)

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            await ask(client, recording, header)
            await read_answer(client, recording)
    expect(world, recording)


async def slow_request(world: World) -> None:
    """A client that sends its head and its body drop by drop, and is served all the same."""
    recording = world.draw.choice(UNARY)
    capture = recording.capture
    async with world.client() as client:
        with world.upstream.scripted(replay(recording)) as header:
            head = (
                f"{capture.method} {capture.path} HTTP/1.1\r\nHost: localhost:11434\r\n{header}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(capture.request_body)}"
                "\r\n\r\n"
            )
            whole = head.encode() + capture.request_body
            for start in range(0, len(whole), 40):
                await client.send(whole[start : start + 40])
                await asyncio.sleep(0.02)
            await read_answer(client, recording)
    expect(world, recording)


async def upload(world: World) -> None:
    """A blob of megabytes, with its length or in chunks, to an upstream that dawdles."""
    size = world.draw.randint(1, 3_000_000)
    is_chunked = world.draw.random() < 0.5

    async def script(call: Call) -> None:
        await asyncio.sleep(world.draw.uniform(0, 0.2))
        await call.read_body()
        await call.send(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            framing = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {size}"
            await client.request("POST", f"/api/blobs/sha256:{size:064x}", b"", header, framing)
            for start in range(0, size, len(BLOB)):
                piece = BLOB[: min(len(BLOB), size - start)]
                await client.send(b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece)
            await client.send(b"0\r\n\r\n" if is_chunked else b"")
            check(await client.head(), 201)
    world.expected.uploaded(201, size)


async def stalled_reader(world: World) -> None:
    """A client that does not read for a while: the upstream is held back, and nothing is lost."""
    recording = STREAMED[0]
    flood = Flood(_LINE)

    async def script(call: Call) -> None:
        await call.read_body()
        await call.send(recording.head)
        await flood.pour(call)
        await call.chunk(_LAST % flood.pieces)
        await call.send(b"0\r\n\r\n")

    async with world.slow_client() as client:
        with world.upstream.scripted(script) as header:
            await ask(client, recording, header)
            await flood.held_back()
            flood.stop()
            head = await client.head()
            body = await client.body(head)
    check(head, 200, body, _LINE * flood.pieces + _LAST % flood.pieces)
    world.expected.ended("/api/chat", 200, len(recording.capture.request_body), len(body))
    world.expected.tokens(recording.model, 15, flood.pieces)


class Flood:
    """An answer that goes on until nobody takes more of it."""

    def __init__(self, piece: bytes) -> None:
        self.pieces = 0
        self._piece = piece
        self._is_stopped = False

    async def pour(self, call: Call) -> None:
        """Send pieces until told to stop. Raises: ConnectionError, when the peer has gone."""
        call.hold_little()
        while not self._is_stopped and self.pieces < MOST_PIECES:
            self.pieces += 1
            await call.chunk(self._piece)

    def stop(self) -> None:
        """The piece that waits is the last one."""
        self._is_stopped = True

    async def held_back(self) -> None:
        """Wait until no more is taken. Raises: WrongAnswerError, when all of it was."""
        before = -1
        while self.pieces != before or not before:
            before = self.pieces
            await asyncio.sleep(STALL_SECONDS)
        if before >= MOST_PIECES:
            said = f"{before * len(self._piece)} bytes went to a client that reads nothing"
            raise WrongAnswerError(said)
