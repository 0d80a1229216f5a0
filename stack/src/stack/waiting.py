"""Wait for a state of the world that announces itself to nobody."""

import time
from collections.abc import Callable


def wait_until(
    reached: Callable[[], bool], within_seconds: float, every_seconds: float = 0.05
) -> bool:
    """Ask again and again until `reached()`; False when the time is over."""
    end = time.monotonic() + within_seconds
    while not reached():
        if time.monotonic() >= end:
            return False
        time.sleep(every_seconds)
    return True
