"""Which descriptors can be read from, however high their numbers: select() ends at 1023."""

import selectors
from collections.abc import Iterable


def readable(descriptors: Iterable[int], within_seconds: float) -> list[int]:
    """Those that can be read from, or have ended, as soon as one can; empty: none within the time.

    They are pipes, sockets and terminals. Raises: OSError.
    """
    with selectors.DefaultSelector() as selector:
        for one in descriptors:
            selector.register(one, selectors.EVENT_READ)
        return [key.fd for key, _ in selector.select(max(0.0, within_seconds))]
