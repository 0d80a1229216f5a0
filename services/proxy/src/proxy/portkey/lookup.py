"""Looks a name up in a thread of its own.

Where a name is not there a resolver may take half a minute to say so, and the relay's own look-ups,
for each new connection, must not wait behind that: the loop has few threads for them.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable

# More are not begun: each is a thread.
MOST_PENDING = 4


class Lookup:
    """The address of a host. `resolve` is the system's."""

    def __init__(
        self, host: str, port: int, resolve: Callable[[str, int], object] = socket.getaddrinfo
    ) -> None:
        self._host = host
        self._port = port
        self._resolve = resolve
        self._pending = 0

    async def found(self) -> None:
        """Return when there is one. Raises: OSError with why there is none.

        Who waits no longer lets it run: nothing can stop it.
        """
        if self._pending >= MOST_PENDING:
            raise socket.gaierror(socket.EAI_AGAIN, "nobody says what its address is")
        loop = asyncio.get_running_loop()
        end: asyncio.Future[None] = loop.create_future()
        self._pending += 1

        def tell(error: OSError | None) -> None:
            self._pending -= 1
            if not end.done():
                end.set_result(None) if error is None else end.set_exception(error)

        def look() -> None:
            error: OSError | None = None
            try:
                self._resolve(self._host, self._port)
            except OSError as raised:
                error = raised
            except UnicodeError:
                error = socket.gaierror(socket.EAI_NONAME, "it has no name of a host")
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(tell, error)

        threading.Thread(target=look, name="look up the gateway", daemon=True).start()
        await end
