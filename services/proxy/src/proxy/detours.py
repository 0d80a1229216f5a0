"""Ways that lead into another one: all that a subclass does not do otherwise is that one's."""

from collections.abc import Collection, Sequence

from proxy.connections import Pool
from proxy.heads import RequestHead
from proxy.routing import Bypass
from proxy.ways import Trip, Way
from proxy.witness import Witness


class Onward:
    """A Way that is another one but for what a subclass does otherwise."""

    def __init__(self, trip: Trip) -> None:
        self.trip = trip

    @property
    def pool(self) -> Pool:
        """See Way."""
        return self.trip.pool

    @property
    def name(self) -> str:
        """See Way."""
        return self.trip.name

    @property
    def body_limit_bytes(self) -> int:
        """See Way."""
        return self.trip.body_limit_bytes

    @property
    def frames_anew(self) -> bool:
        """See Way."""
        return self.trip.frames_anew

    @property
    def signature(self) -> bytes:
        """See Way."""
        return self.trip.signature

    @property
    def own_lines(self) -> Sequence[bytes]:
        """See Way."""
        return self.trip.own_lines

    @property
    def needs_own_chunks(self) -> bool:
        """See Way."""
        return self.trip.needs_own_chunks

    @property
    def hides_breaks(self) -> bool:
        """See Way."""
        return self.trip.hides_breaks

    @property
    def is_broken(self) -> bool:
        """See Way."""
        return self.trip.is_broken

    def head(self, request: RequestHead, length: int | None = None, plain: bool = False) -> bytes:
        """See Way."""
        return self.trip.head(request, length, plain)

    def body(self, body: bytes | None) -> bytes | None:
        """See Way."""
        return self.trip.body(body)

    def instead(self, reason: Bypass) -> Way | None:
        """See Way."""
        return self.trip.instead(reason)

    def close(self) -> None:
        """See Way."""
        self.trip.close()


class Detour(Onward):
    """A Trip that is another one but for what a subclass does otherwise."""

    @property
    def reaches(self) -> Collection[str]:
        """See Trip."""
        return self.trip.reaches

    @property
    def goal(self) -> Pool:
        """See Trip."""
        return self.trip.goal

    def yield_turn(self, to: Trip | None) -> None:
        """See Trip. All ways have the same detours, in the same order."""
        self.trip.yield_turn(to.trip if isinstance(to, Detour) else to)

    def would_hold_up(self, other: Trip) -> bool:
        """See Trip."""
        return self.trip.would_hold_up(other.trip if isinstance(other, Detour) else other)

    def instead(self, reason: Bypass) -> Trip | None:
        """See Trip."""
        return self.trip.instead(reason)

    def claimed_by(self, witness: Witness) -> None:
        """See Trip."""
        self.trip.claimed_by(witness)

    def gave(self, at: float) -> None:
        """See Trip."""
        self.trip.gave(at)

    def keeps_up(self, at: float, is_so: bool) -> None:
        """See Trip."""
        self.trip.keeps_up(at, is_so)
