"""What all exchanges of a listener share: who takes requests in, and how many may be in flight.

There are two listeners: the front door (front.py), where clients come in, and the return leg
(return_leg.py), where the gateway does. Their exchanges are the same.
"""

import time
from collections.abc import Callable
from typing import Protocol

from ollama_observe.wire.endpoints import Answer, Endpoint
from proxy.admission import Admission
from proxy.headers import is_plain
from proxy.heads import RequestHead
from proxy.settings import ProxySettings
from proxy.ways import Way
from proxy.witness import Witness

_INJECTABLE = frozenset({Answer.OPENAI_CHAT, Answer.OPENAI_COMPLETION})


class Stoppable(Protocol):
    """An exchange, as those see it who may have to end it."""

    def upstream_hangs(self) -> None:
        """Who was to answer keeps what it got to itself."""

    def withdraw(self) -> None:
        """Nobody waits for the answer any more."""


class Desk(Protocol):
    """Takes requests in."""

    def observe(self, head: RequestHead, at: float) -> Witness:
        """Begin to take note of a request."""

    def way(self, head: RequestHead, witness: Witness, exchange: Stoppable) -> Way:
        """Choose a request's way. Raises: Refusal."""

    def settle(self) -> None:
        """Book what has ended."""

    def close(self) -> None:
        """Let go of what was held: the proxy stops."""


class Relay:
    """One listener's side of its exchanges."""

    def __init__(
        self,
        settings: ProxySettings,
        desk: Desk,
        admission: Admission,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.desk = desk
        self.admission = admission
        self.clock = clock
        self.request_id_header = settings.request_id_header.encode("latin-1")
        self.is_draining = False
        """Each answer that begins now is its connection's last, and says so."""
        self.is_over = False
        """No connection waits for a request any more."""
        self.before_cut: list[Callable[[], None]] = []
        """Called once, at the end, before those that are left are cut."""
        self.needs_peers = bool(settings.trusted_addresses.strip()) or settings.queue
        """Whether heads are to say from which address they come."""
        self._injects = settings.inject_usage

    def injects_into(self, endpoint: Endpoint, head: RequestHead) -> bool:
        """Whether token counts may be asked for in this request's body."""
        return (
            self._injects
            and endpoint.answer in _INJECTABLE
            and head.method == b"POST"
            and bool(head.length)
            and b"expect" not in head.headers  # the body waits until the upstream has the head
            and is_plain(head.headers)
        )
