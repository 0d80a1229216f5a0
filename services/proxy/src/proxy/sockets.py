"""The sockets that a proxy listens on, bound by the parent where there are several workers."""

import socket
from dataclasses import dataclass

from ollama_observe.service.lifecycle import bind
from proxy.settings import ProxySettings


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
    first = settings.return_leg_port
    ports = (first + number if first else 0 for number in range(settings.workers))
    returns = (bind("return leg", settings.return_leg_host, port) for port in ports)
    return Sockets(front, tuple(returns))
