"""The upstream goes down in the middle of everything, and comes up again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bench.soak.faults import expect_cut, must_be_told, must_break, some_outputs
from bench.soak.ordinary import expect
from bench.soak.recordings import STREAMED, UNARY, Recording
from bench.soak.upstream import Call
from bench.soak.world import World, ask, begin, check, read_answer, read_payload, replay
from tests.clients import RawClient

STREAMS = 6
WAITERS = 4
WHILE_DOWN = 3


class Gate:
    """Scenarios go through together; a restart goes through alone, when all are out."""

    def __init__(self) -> None:
        self._inside = 0
        self._is_shut = False
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Go in with others, unless somebody wants to be alone."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._is_shut)
            self._inside += 1
        try:
            yield
        finally:
            async with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Let nobody in, wait until all are out."""
        async with self._changed:
            self._is_shut = True
            await self._changed.wait_for(lambda: self._inside == 0)
        try:
            yield
        finally:
            async with self._changed:
                self._is_shut = False
                self._changed.notify_all()


async def restart(world: World) -> None:
    """Streams are cut, waiters and newcomers are told; afterwards all is as before."""
    async with contextlib.AsyncExitStack() as stack:
        streams = [await _begun_stream(world, stack) for _ in range(STREAMS)]
        waiters = [await _begun_waiter(world, stack) for _ in range(WAITERS)]
        await world.upstream.down()
        for client in streams:
            await must_break(client)
        for client, recording in waiters:
            await must_be_told(world, client, recording, "broke_off")
    for _ in range(WHILE_DOWN):
        recording = world.draw.choice(STREAMED + UNARY)
        async with world.client() as client:
            await ask(client, recording, "X-Nobody: listens")
            await must_be_told(world, client, recording, "connect")
    await world.upstream.up()
    recording = world.draw.choice(STREAMED + UNARY)
    async with world.client() as client:
        with world.upstream.scripted(replay(recording)) as header:
            await ask(client, recording, header)
            await read_answer(client, recording)
    expect(world, recording)


async def _begun_stream(world: World, stack: contextlib.AsyncExitStack) -> RawClient:
    recording, count = some_outputs(world)
    payload = b"".join(recording.pieces[:count])

    async def script(call: Call) -> None:
        await begin(call, recording, count)
        await call.gone()

    client = await stack.enter_async_context(world.client())
    header = stack.enter_context(world.upstream.scripted(script))
    await ask(client, recording, header)
    check(await client.head(), 200, await read_payload(client, len(payload)), payload)
    expect_cut(world, recording, count)
    world.expected.failed("incomplete_stream")
    return client


async def _begun_waiter(
    world: World, stack: contextlib.AsyncExitStack
) -> tuple[RawClient, Recording]:
    recording = world.draw.choice(STREAMED + UNARY)
    seen = asyncio.Event()

    async def script(call: Call) -> None:
        await call.read_body()
        seen.set()
        await call.gone()

    client = await stack.enter_async_context(world.client())
    header = stack.enter_context(world.upstream.scripted(script))
    await ask(client, recording, header)
    await seen.wait()
    return client, recording
