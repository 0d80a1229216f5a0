"""Requests on their way through the gateway: where the two legs of each meet.

The outer leg is the client's request to the gateway, an inner leg is what the gateway makes of
it and sends to the return leg: one at a time, several where it retries or falls back. The
gateway tells neither of the other; a token in a header does. Both legs of a request are in the
same process: each process has a return leg of its own, and names that one to the gateway.
Instants are seconds of the relay's clock.
"""

import asyncio
import secrets
from collections.abc import Callable

from proxy.headers import Headers
from proxy.outcomes import Ending

TICK_SECONDS = 1.0


class Passage:
    """One request between its legs.

    `waits` is when the gateway got what it has not handed on yet, be it the request or a piece
    of the answer; None while it has nothing in its hands. Without a return leg, when it last gave
    or got anything.
    """

    waits: float | None = None
    inner_seconds: float = 0.0
    """How long the attempts took, together, from arrived to handed back."""
    attempts: int = 0
    attempt_status: int | None = None
    """What the latest attempt was answered; None before its end."""
    attempt_ending: Ending | None = None
    upstream_sent_at: float | None = None
    """When an Ollama got the attempt in progress whole; None while none has it."""
    has_withheld_stream: bool = False
    """The gateway was not told that the client wants a stream; the return leg says it."""
    is_cut: bool = False
    """The answer of the latest attempt broke off."""
    was_paused: bool = False
    """The client did not keep up at some time: what the gateway held then was not its fault."""
    is_paused: bool = False
    _stop_attempt: Callable[[], None] | None = None
    _began_at: float = 0.0

    def __init__(
        self,
        token: bytes,
        has_leg: bool,
        host: bytes | None,
        headers: Headers,
        give_up: Callable[[], None],
    ) -> None:
        self.token = token
        self.has_leg = has_leg
        """Whether the gateway comes back through the proxy; else nothing is told of attempts."""
        self.host = host
        """What Host is to say to Ollama: what the client said; None: each one's own name."""
        self.headers = headers
        """The client's own."""
        self.give_up = give_up
        """Ends the outer leg, whose gateway hangs."""

    # the outer leg

    def gateway_got(self, at: float) -> None:
        """The gateway was handed the request, or an inner leg's bytes."""
        if self.waits is None:
            self.waits = at

    def gateway_gave(self, at: float) -> None:
        """The gateway has handed something on; while no attempt is at work, it has the rest."""
        is_at_work = self._stop_attempt is not None  # who has the rest is known
        self.waits = None if self.has_leg and is_at_work else at

    def client_keeps_up(self, at: float, is_so: bool) -> None:
        """The client takes no more for now, or again."""
        self.is_paused = not is_so
        self.was_paused = True
        if self.waits is not None:  # what it waited for the client is not its fault
            self.waits = at

    def end(self) -> None:
        """The outer leg is over: nobody waits for what an inner leg still does."""
        stop, self._stop_attempt = self._stop_attempt, None
        if stop is not None:
            stop()

    # the inner legs

    def attempt_began(self, at: float, stop: Callable[[], None]) -> None:
        """The gateway has sent the request on. It has given up on an attempt before, if any."""
        self.end()
        self.attempts += 1
        self._stop_attempt, self._began_at = stop, at
        self.attempt_status = self.attempt_ending = None
        self.is_cut = False
        self.waits = None

    def attempt_ended(self, at: float, ending: Ending, status: int, is_cut: bool = False) -> None:
        """The attempt is over; `is_cut`: its answer broke off, which the gateway is not told."""
        self.is_cut = is_cut
        self.inner_seconds += at - self._began_at
        self._stop_attempt = None
        self.upstream_sent_at = None
        self.attempt_ending, self.attempt_status = ending, status
        self.gateway_got(at)


class Passages:
    """The requests of one process that are in the gateway's hands.

    `is_stuck` judges one; what it finds stuck is given up, within a second.
    """

    def __init__(self, is_stuck: Callable[[Passage], bool]) -> None:
        self._is_stuck = is_stuck
        self._open: dict[bytes, Passage] = {}
        self._tick: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def open(
        self,
        has_leg: bool,
        host: bytes | None,
        headers: Headers,
        give_up: Callable[[], None],
    ) -> Passage:
        """A request sets out. Its token can be guessed by nobody."""
        token = secrets.token_hex(16).encode()
        passage = self._open[token] = Passage(token, has_leg, host, headers, give_up)
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(TICK_SECONDS, self._look)
        return passage

    def find(self, token: bytes | None) -> Passage | None:
        """The request that an inner leg belongs to; None where it is over."""
        return self._open.get(token) if token else None

    def close(self, passage: Passage) -> None:
        """A request is over."""
        if self._open.pop(passage.token, None) is not None:
            passage.end()
        if not self._open and self._tick is not None:
            self._tick.cancel()
            self._tick = None

    def _look(self) -> None:
        self._tick = asyncio.get_running_loop().call_later(TICK_SECONDS, self._look)
        for passage in [passage for passage in self._open.values() if self._is_stuck(passage)]:
            passage.give_up()
