"""Scenarios in which the upstream fails, or the request is no good."""

import asyncio

from bench.load import WrongAnswerError
from bench.soak.ordinary import expect
from bench.soak.recordings import BROKEN, STREAMED, UNARY, Recording
from bench.soak.upstream import Call
from bench.soak.world import (
    World,
    ask,
    begin,
    check,
    read_answer,
    read_payload,
    replay,
)
from tests.clients import RawClient


async def recorded_failure(world: World) -> None:
    """An answer that fails under 200, as a real Ollama's did when its runner was killed."""
    recording = world.draw.choice(BROKEN)
    async with world.client() as client:
        with world.upstream.scripted(replay(recording)) as header:
            await ask(client, recording, header)
            await read_answer(client, recording)
    expect(world, recording)


async def no_end_marker(world: World) -> None:
    """The framing is complete, the answer is not."""
    recording, count = some_outputs(world)
    payload = b"".join(recording.pieces[:count])

    async def script(call: Call) -> None:
        await begin(call, recording, count)
        await call.send(b"0\r\n\r\n")

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            await ask(client, recording, header)
            head = await client.head()
            check(head, 200, await client.body(head), payload)
    expect_cut(world, recording, count)
    world.expected.failed("incomplete_stream")


async def reset_in_stream(world: World) -> None:
    """The upstream breaks off in mid-answer, after its client has what was sent."""
    recording, count = some_outputs(world)
    payload = b"".join(recording.pieces[:count])
    received = asyncio.Event()

    async def script(call: Call) -> None:
        await begin(call, recording, count)
        await received.wait()
        call.reset()

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            await ask(client, recording, header)
            check(await client.head(), 200, await read_payload(client, len(payload)), payload)
            received.set()
            await must_break(client)
    expect_cut(world, recording, count)
    world.expected.failed("incomplete_stream")


async def reset_before_head(world: World) -> None:
    """The upstream breaks off before it has answered: the client is told."""
    recording = world.draw.choice(STREAMED + UNARY)

    async def script(call: Call) -> None:
        await call.read_body()
        call.reset()

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            await ask(client, recording, header)
            await must_be_told(world, client, recording, "broke_off")


async def no_request(world: World) -> None:
    """What is no HTTP is refused."""
    async with world.client() as client:
        await client.send(b"\x16\x03\x01 is no request\r\n\r\n")
        check(await client.head(), 400)
        told = await client.rest()
    world.expected.ended("other", 400, received=len(told))
    world.expected.failed("bad_request")


async def endless_head(world: World) -> None:
    """A head that never ends is timed out."""
    async with world.client() as client:
        await client.send(b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        check(await client.head(), 408)
        told = await client.rest()
    world.expected.ended("other", 408, received=len(told))
    world.expected.failed("bad_request")


async def stalled_upload(world: World) -> None:
    """A body that stops in the middle is timed out, and the upstream is let go."""
    size = world.draw.randint(2, 100_000)
    gone = asyncio.Event()

    async def script(call: Call) -> None:
        await call.read(size // 2)
        await call.gone()
        gone.set()

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            length = f"Content-Length: {size}"
            await client.request("POST", f"/api/blobs/sha256:{size:064x}", b"", header, length)
            await client.send(bytes(size // 2))
            check(head := await client.head(), 408)
            told = await client.body(head)
            await gone.wait()
    world.expected.uploaded(408, size // 2, len(told))
    world.expected.failed("bad_request")


def some_outputs(world: World) -> tuple[Recording, int]:
    """A streamed recording, and how many of its chunks to send: one with output at the least."""
    recording = world.draw.choice(STREAMED)
    return recording, recording.opening + world.draw.randint(1, recording.outputs)


def expect_cut(world: World, recording: Recording, count: int, status: int = 200) -> None:
    """A recording of which so many chunks were played."""
    capture = recording.capture
    received = sum(map(len, recording.pieces[:count]))
    world.expected.ended(capture.path, status, len(capture.request_body), received)
    seen = count - recording.opening if recording.counts_live else 0
    world.expected.tokens(recording.model, 0, seen)


async def must_be_told(
    world: World, client: RawClient, recording: Recording, error_type: str
) -> None:
    """The client must get a 502 instead of an answer."""
    head = await client.head()
    told = await client.body(head)
    check(head, 502)
    asked = recording.capture
    world.expected.ended(asked.path, 502, len(asked.request_body), len(told))
    world.expected.failed(error_type)


async def must_break(client: RawClient) -> None:
    """The connection must end, and not as a whole answer does. Raises: WrongAnswerError."""
    try:
        rest = await client.rest()
    except ConnectionError:
        return
    if rest.endswith(b"0\r\n\r\n"):
        raise WrongAnswerError("an answer that was cut looks whole")
