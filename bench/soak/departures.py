"""Scenarios in which the client leaves, in each phase of a request."""

import asyncio

from bench.soak.counts import ANSWERED, UNANSWERED
from bench.soak.faults import expect_cut, some_outputs
from bench.soak.ordinary import Flood
from bench.soak.recordings import STREAMED, UNARY
from bench.soak.upstream import Call
from bench.soak.world import World, ask, begin, check, read_payload

LEFT = 499
_PIECE = bytes(1 << 16)


async def before_the_request(world: World) -> None:
    """A connection without a request, or with half a head, is no request."""
    async with world.client() as client:
        if world.draw.random() < 0.5:
            await client.send(b"POST /api/chat HTTP/1.1\r\nHost: loc")
        world.leave(client)


async def in_upload(world: World) -> None:
    """The client leaves with half of its body sent."""
    size = world.draw.randint(2, 200_000)
    seen, gone = asyncio.Event(), asyncio.Event()

    async def script(call: Call) -> None:
        await call.read(size // 2)
        seen.set()
        await call.gone()
        gone.set()

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            length = f"Content-Length: {size}"
            await client.request("POST", f"/api/blobs/sha256:{size:064x}", b"", header, length)
            await client.send(bytes(size // 2))
            await seen.wait()
            world.leave(client)
            await gone.wait()
    world.expected.uploaded(LEFT, size // 2)
    world.expected.left("upload")


async def while_waiting(world: World) -> None:
    """The client leaves before the upstream has said a word."""
    recording = world.draw.choice(STREAMED + UNARY)
    seen, gone = asyncio.Event(), asyncio.Event()

    async def script(call: Call) -> None:
        await call.read_body()
        seen.set()
        await call.gone()
        gone.set()

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            await ask(client, recording, header)
            await seen.wait()
            world.leave(client)
            await gone.wait()
    world.expected.ended(recording.capture.path, LEFT, len(recording.capture.request_body))
    world.expected.left(UNANSWERED)


async def in_stream(world: World) -> None:
    """The client leaves when it has read so many chunks, and there were no more."""
    recording, count = some_outputs(world)
    payload = b"".join(recording.pieces[:count])
    gone = asyncio.Event()

    async def script(call: Call) -> None:
        await begin(call, recording, count)
        await call.gone()
        gone.set()

    async with world.client() as client:
        with world.upstream.scripted(script) as header:
            await ask(client, recording, header)
            check(await client.head(), 200, await read_payload(client, len(payload)), payload)
            world.leave(client)
            await gone.wait()
    expect_cut(world, recording, count, LEFT)
    world.expected.wasted(recording.model, count - recording.opening)
    world.expected.left(ANSWERED)


async def without_reading(world: World) -> None:
    """The client reads nothing until the upstream is held back, and leaves."""
    flood = Flood(_PIECE)
    gone = asyncio.Event()

    async def script(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            await flood.pour(call)
        finally:
            gone.set()

    async with world.slow_client() as client:
        with world.upstream.scripted(script) as header:
            await client.request("GET", "/api/status", b"", header)
            await flood.held_back()
            client.reset()
            await gone.wait()
    world.expected.ended("/api/status", LEFT)
    world.expected.unknown_bytes.add("/api/status")
    world.expected.left(ANSWERED)
