"""`python -m proxy.worker`: one relay process of several, started by its parent.

The first argument names what the parent handed down: its index, then the descriptors of the
listening socket, of the memory for its metrics, of the channel to the parent, and of the
shared memory. The others are the proxy's own.
"""

import asyncio
import contextlib
import signal
import socket
import sys

import msgspec

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.memory import Memory
from ollama_observe.service.lifecycle import run
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load
from proxy.app import create_relay
from proxy.observer import Observer
from proxy.server import Server
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.workers import READY


async def serve_worker(settings: ProxySettings, handed: list[int]) -> None:
    """Relay until the parent says to stop, or is gone."""
    index, listening, memory, channel, shared = handed
    ledger = Ledger(catalogue.PROXY, Memory.attached(memory))
    relay = create_relay(settings, ledger, Shared(shared), index)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sock = socket.socket(fileno=listening)
    server = Server(relay, settings)
    async with server.serving(sock, settings.drain_seconds):
        answering = asyncio.ensure_future(_answer_parent(channel, relay.observer, stop))
        await stop.wait()
    answering.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await answering
    relay.pool.close()


async def _answer_parent(channel: int, observer: Observer, stop: asyncio.Event) -> None:
    """Tell the parent what is in flight whenever it asks; its end is ours."""
    sock = socket.socket(fileno=channel)
    sock.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=sock)
    writer.write(READY)
    try:
        while line := await reader.readline():
            answer = (int(line), observer.inflight.entries())
            writer.write(msgspec.json.encode(answer) + b"\n")
    except (OSError, ValueError):  # a parent that was killed may leave a reset instead of an end
        pass
    finally:
        stop.set()


def main() -> None:
    """Read what was handed down and the settings, and serve."""
    handed = [int(number) for number in sys.argv[1].split(",")]
    settings = load(ProxySettings, sys.argv[2:])
    configure_logging("proxy", settings.log_level, settings.log_format)
    run(lambda: serve_worker(settings, handed))


if __name__ == "__main__":
    main()
