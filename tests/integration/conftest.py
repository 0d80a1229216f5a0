"""What integration tests share: a loop that nothing of ours may block, and a stage."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from blockbuster import blockbuster_ctx

from tests.conversations import Stage, staged
from tests.wires import Wire


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    """Calls that block (files, sockets, sleep) raise when made from a coroutine of ours."""
    with blockbuster_ctx(["proxy", "ollama_observe"]):
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    """A proxy and an upstream for all conversations of a module."""
    async with staged() as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="module")
async def client(stage: Stage) -> AsyncIterator[Wire]:
    """A new connection to the stage's proxy."""
    stage.listener.forget()
    wire = await Wire.connect(stage.proxy.url, stage.moved)
    yield wire
    wire.close()
