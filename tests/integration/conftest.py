"""Integration tests fail when our code blocks the event loop."""

from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    """Calls that block (files, sockets, sleep) raise when made from a coroutine of ours."""
    with blockbuster_ctx(["proxy", "ollama_observe"]):
        yield
