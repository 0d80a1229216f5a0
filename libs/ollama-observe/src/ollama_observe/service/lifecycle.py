"""Start servers on one event loop, stop them gracefully on SIGTERM or SIGINT.

Order at the end: readiness off, then one listener after the other drains: no new
connections, requests in flight finish within a bound, then are cut. The control app comes
last, so that a drain can be watched.
"""

import asyncio
import contextlib
import functools
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
import uvicorn

from ollama_observe.service.heads import HttpProtocol
from ollama_observe.service.http import Readiness
from ollama_observe.service.loops import loop_factory
from ollama_observe.service.tasks import spawn

_log = structlog.stdlib.get_logger("ollama_observe.lifecycle")


@dataclass(frozen=True, slots=True)
class Listener:
    """An ASGI app on a host and port.

    `has_websockets`: the app takes sockets, too (service/websockets.py says how).
    Units: `keep_alive_seconds` an idle connection is kept; `head_seconds` the head of a request may
    take; `ping_seconds` between two pings of a socket, and for the answer to one.
    """

    name: str
    app: Any
    host: str
    port: int
    keep_alive_seconds: int = 75
    head_seconds: float = 20.0
    server_headers: bool = True
    has_websockets: bool = False
    ping_seconds: float = 20.0


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to us: several run on one loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class ListenError(OSError):
    """A listener's address cannot be listened on; the message says which, and why."""


def bind(name: str, host: str, port: int) -> socket.socket:
    """Listen on an address. Raises ListenError, which says for whom and where."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise ListenError(
            error.errno,
            f"cannot listen on {host}:{port} ({name}): {error.strerror}",
        ) from error
    sock.listen(2048)
    sock.setblocking(False)
    return sock


def _server(listener: Listener, drain_seconds: float) -> _Server:
    return _Server(
        uvicorn.Config(
            listener.app,
            http=_protocol(listener.head_seconds),
            **_websockets(listener),
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=listener.server_headers,
            date_header=listener.server_headers,
            proxy_headers=False,
            timeout_keep_alive=listener.keep_alive_seconds,
            timeout_graceful_shutdown=max(1, round(drain_seconds)),
        )
    )


def _protocol(head_seconds: float) -> type[asyncio.Protocol]:
    """What makes a connection, as uvicorn calls it."""
    made: Any = functools.partial(HttpProtocol, head_seconds=head_seconds)
    return made  # type: ignore[no-any-return]


def _websockets(listener: Listener) -> dict[str, Any]:
    if not listener.has_websockets:
        return {"ws": "none"}
    from ollama_observe.service import websockets  # whose library not every process has

    return websockets.options(listener.ping_seconds)


@contextlib.asynccontextmanager
async def listening(listener: Listener, drain_seconds: float = 0.0) -> AsyncIterator[int]:
    """Serve `listener` while the block runs, then drain it; yields the port it has.

    Units: `drain_seconds` bounds the wait for requests in flight; what is left is cut.
    Raises: ListenError.
    """
    sock = bind(listener.name, listener.host, listener.port)
    server = _server(listener, drain_seconds)
    running = spawn(server.serve(sockets=[sock]), name=f"serve {listener.name}")
    try:
        # uvicorn sets a flag and offers no event
        while not server.started and not running.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def serve(listeners: Sequence[Listener], readiness: Readiness, drain_seconds: float) -> None:
    """Serve until SIGTERM or SIGINT, then drain the listeners in their order and return.

    Raises: ListenError.
    """
    where = {x.name: f"{x.host}:{x.port}" for x in listeners}
    contexts = [listening(listener, drain_seconds) for listener in reversed(listeners)]
    await until_stopped(contexts, readiness, listeners=where, drain_seconds=drain_seconds)


async def until_stopped(
    contexts: Sequence[contextlib.AbstractAsyncContextManager[object]],
    readiness: Readiness,
    **said: object,
) -> None:
    """Enter the contexts, wait for SIGTERM or SIGINT, leave them in the opposite order.

    `said` goes into the log lines.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        for context in contexts:
            await stack.enter_async_context(context)
        readiness.open()
        _log.info("started", **said)
        await stop.wait()
        readiness.close("draining")
        _log.info("draining", **said)
    _log.info("stopped")


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run `main` on the fastest event loop here; exit 1 with one line when it cannot listen."""
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_as_coroutine(main))
    except ListenError as error:
        _log.error("cannot_listen", detail=error.strerror)
        sys.exit(1)


async def _as_coroutine(main: Callable[[], Awaitable[None]]) -> None:
    await main()
