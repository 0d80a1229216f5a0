"""Wait, on the loop of a test, for a state that announces itself to nobody."""

import asyncio
from collections.abc import Callable

WITHIN_SECONDS = 30.0


async def until(reached: Callable[[], bool], within_seconds: float = WITHIN_SECONDS) -> None:
    """Ask again and again until `reached()`. Raises: TimeoutError."""
    async with asyncio.timeout(within_seconds):
        while not reached():
            await asyncio.sleep(0.005)
