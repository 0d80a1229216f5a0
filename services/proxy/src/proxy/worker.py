"""`python -m proxy.worker`: one relay process of several, started by its parent.

The first argument names what the parent handed down: its index, then the descriptors of the
listening socket, of the memory for its metrics, of the channel to the parent, of the shared
memory, and of its return leg's socket, if it has one. The others are the proxy's own.
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
from proxy.doors import create_doors
from proxy.observer import Observer
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.making import read_config
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.workers import READY


async def serve_worker(
    settings: ProxySettings, config: PortkeyConfig | None, handed: list[int]
) -> None:
    """Relay until the parent says to stop, or is gone."""
    index, listening, memory, channel, shared, *back = handed
    ledger = Ledger((*catalogue.PROXY, *catalogue.GENAI), Memory.attached(memory))
    return_sock = socket.socket(fileno=back[0]) if back else None
    return_port = return_sock.getsockname()[1] if return_sock else None
    doors = create_doors(settings, ledger, Shared(shared), config, index, return_port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sock = socket.socket(fileno=listening)
    async with doors.serving(settings, sock, return_sock):
        answering = asyncio.ensure_future(_answer_parent(channel, doors.observer, stop))
        await stop.wait()
    answering.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await answering


async def _answer_parent(channel: int, observer: Observer, stop: asyncio.Event) -> None:
    """Tell the parent what is in flight whenever it asks; its end is ours."""
    sock = socket.socket(fileno=channel)
    sock.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=sock)
    writer.write(READY)
    try:
        while line := await reader.readline():
            answer = (int(line), observer.table())
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
    config = read_config(settings)
    run(lambda: serve_worker(settings, config, handed))


if __name__ == "__main__":
    main()
