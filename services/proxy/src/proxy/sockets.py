"""The sockets that a proxy listens on, bound by the parent where there are several workers."""

import errno
import socket
from dataclasses import dataclass

from ollama_observe.service.lifecycle import ListenError, bind
from proxy.settings import ProxySettings

_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Sockets:
    """`front` takes clients, for all relay processes; `returns` is one return leg for each."""

    front: socket.socket
    returns: tuple[socket.socket, ...] = ()

    def close(self) -> None:
        """Close them here: who inherited them keeps them."""
        for sock in (self.front, *self.returns):
            sock.close()


def bind_sockets(settings: ProxySettings) -> Sockets:
    """Listen on what the settings say. Raises: ListenError."""
    front = bind("relay", settings.host, settings.port)
    if not (settings.enable_portkey and settings.return_leg):
        return Sockets(front)
    first, last = settings.return_leg_port, settings.return_leg_port + settings.workers - 1
    if first and last > _LAST_PORT:
        front.close()
        said = f"cannot listen on port {last} (return leg of the last worker): there is none"
        raise ListenError(errno.EADDRNOTAVAIL, said)
    sockets = Sockets(front)
    for number in range(settings.workers):
        port = first + number if first else 0
        try:
            leg = bind("return leg", settings.return_leg_host, port)
        except ListenError:
            sockets.close()
            raise
        sockets = Sockets(front, (*sockets.returns, leg))
    return sockets
