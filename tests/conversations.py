"""A request and its answer as moves of two parties, made directly and through the proxy.

The next move is made only when the last has reached the other side: so a proxy that holds
anything back, a head, a chunk, the end of a side, is found out without a clock. After every move
both parties must have received what they receive without a proxy between them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.messages import Seen, is_interim, seen
from tests.moves import Act, Conversation, Move
from tests.servers import RunningProxy, running_proxy
from tests.wires import Listener, Wire, listening, until

PATIENCE_SECONDS = 3.0
_PROBE = b"GET /after-it HTTP/1.1\r\nHost: localhost:11434\r\n\r\n"
_PROBED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprobe"
REQUEST_ID = b"x-request-id"


@dataclass(frozen=True, slots=True)
class Standing:
    """What both parties have received after a move, and how the other's side has ended."""

    client: Seen
    upstream: Seen
    client_saw: str
    upstream_saw: str

    def is_met_by(self, other: "Standing") -> bool:
        """Whether `other` has it all, and a request's id besides, which the proxy adds.

        It may have seen an end that is still to come here.
        """
        if self.upstream != other.upstream or not _is_same_answer(self.client, other.client):
            return False
        if self.client_saw and self.client.is_endless:
            return self.client_saw == other.client_saw
        # after a whole answer it is the proxy's to say whether the connection goes on
        has_end = bool(other.client_saw) or self.client.is_whole or not self.client_saw
        return has_end and (bool(other.upstream_saw) or not self.upstream_saw)


def _is_same_answer(direct: Seen, proxied: Seen) -> bool:
    if not proxied.heads or is_interim(proxied.heads[-1]):
        return direct == proxied
    *interim, final = proxied.heads
    has_own = bool(direct.heads) and bool(direct.heads[-1].values(REQUEST_ID))
    if not has_own and len(final.values(REQUEST_ID)) == 1:
        final = final.without(REQUEST_ID)
    elif not has_own:
        return False
    return direct == Seen((*interim, final), proxied.body)


@dataclass(slots=True)
class Table:
    """Two parties, and perhaps a proxy between them."""

    client: Wire
    listener: Listener
    moved: asyncio.Event
    _sent: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})

    def make(self, move: Move) -> None:
        """Let a party act."""
        party = self.client if move.by_client else self.upstream
        assert party is not None
        if move.act is Act.SEND:
            party.send(move.data)
            self._sent[move.by_client] += len(move.data)
        elif move.act is Act.END:
            party.end()
        else:
            party.reset()

    @property
    def upstream(self) -> Wire | None:
        """The connection on which the request came."""
        return self.listener.holding()

    def standing(self) -> Standing:
        """What both have received."""
        client, upstream = self.client, self.upstream
        if upstream is None:
            return Standing(seen(bytes(client.received)), Seen((), b""), client.ended, "")
        received = bytes(client.received), bytes(upstream.received)
        return Standing(seen(received[0]), seen(received[1]), client.ended, upstream.ended)

    async def arrival(self, move: Move) -> bool:
        """Wait until all that was sent, or an end, has come to the other party, byte for byte."""
        sent = self._sent[move.by_client]

        def has_arrived() -> bool:
            other = self.upstream if move.by_client else self.client
            if other is None:
                return False
            return len(other.received) == sent if move.act is Act.SEND else bool(other.ended)

        return await until(self.moved, has_arrived, PATIENCE_SECONDS)

    async def comes_to(self, wanted: Standing) -> bool:
        """Wait until both have received what they should have."""
        return await until(self.moved, lambda: wanted.is_met_by(self.standing()), PATIENCE_SECONDS)

    async def takes_another(self) -> bool:
        """Whether a further request on the client's connection gets an answer of its own."""
        self.client.send(_PROBE)
        if not await until(self.moved, lambda: self._probed() is not None, PATIENCE_SECONDS):
            return False
        if wire := self._probed():
            wire.send(_PROBED)
        return await until(
            self.moved, lambda: self.client.received.endswith(b"probe"), PATIENCE_SECONDS
        )

    def _probed(self) -> Wire | None:
        return self.listener.holding(b"GET /after-it ")


@dataclass(frozen=True, slots=True)
class Stage:
    """An upstream, and a proxy before it, where conversations are held one after another."""

    listener: Listener
    proxy: RunningProxy
    moved: asyncio.Event

    async def compare(self, held: Conversation) -> None:
        """Hold it directly and through the proxy. Raises: AssertionError at a difference."""
        expected = await self._hold_directly(held)
        async with self._table(self.proxy.url) as table:
            for move, wanted in zip(held.moves, expected, strict=True):
                table.make(move)
                assert await table.comes_to(wanted), explain(move, wanted, table.standing())
            if held.goes_on:
                assert await table.takes_another(), "the connection takes no further request"
            used = table.upstream
        if used is not None and any(move.act is not Act.SEND for move in held.moves):
            is_closed = await until(self.moved, lambda: bool(used.ended), PATIENCE_SECONDS)
            assert is_closed, "the connection to the upstream was not let go"

    async def _hold_directly(self, held: Conversation) -> list[Standing]:
        standings = []
        async with self._table(self.listener.url) as table:
            for move in held.moves:
                table.make(move)
                assert await table.arrival(move), f"without a proxy: {move} did not arrive"
                standings.append(table.standing())
            used = table.upstream
        await until(self.moved, lambda: used is None or bool(used.ended), PATIENCE_SECONDS)
        return standings

    @contextlib.asynccontextmanager
    async def _table(self, url: str) -> AsyncIterator[Table]:
        self.listener.forget()
        client = await Wire.connect(url, self.moved)
        try:
            yield Table(client, self.listener, self.moved)
        finally:
            client.close()


@contextlib.asynccontextmanager
async def staged(**settings: object) -> AsyncIterator[Stage]:
    """A stage, with the proxy's settings."""
    moved = asyncio.Event()
    async with listening(moved) as listener, running_proxy(listener.url, 0.0, **settings) as proxy:
        yield Stage(listener, proxy, moved)


def explain(move: Move, wanted: Standing, found: Standing) -> str:
    """Where two standings differ first, for whom."""
    lines = [f"after {move}:"]
    for party in ("client", "upstream", "client_saw", "upstream_saw"):
        want, got = getattr(wanted, party), getattr(found, party)
        if want != got:
            lines.append(f"  {party}: expected {short(want)}\n    found {short(got)}")
    return "\n".join(lines)


def short(value: object) -> str:
    """A value's beginning and end."""
    text = repr(value)
    return text if len(text) < 1500 else f"{text[:900]} … {text[-500:]}"
