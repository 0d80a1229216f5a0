"""What a request is let in with: whose it is, and what these may ask. Pure.

A request may have two parties: the key that it brings, and the user whom a trusted address names.
Both must be good for what it asks, and it counts for both.
"""

from dataclasses import dataclass

from proxy.access.entries import Entry

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Party:
    """One of those for whom a request counts."""

    alias: str
    """Its own; of one without an entry of its own `entry` has another."""
    entry: Entry
    place: int
    """Where its numbers are, see Counts; NOWHERE where none are kept."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The parties of one request, the key's first; at least one."""

    parties: tuple[Party, ...]

    @property
    def user(self) -> str:
        """Who asks, for metrics, the queue, and whoever tells users apart."""
        return self.parties[-1].alias

    @property
    def caller(self) -> bytes:
        """Whose answers a cache may give it: those of the same parties."""
        return b"\n".join(party.alias.encode() for party in self.parties)

    @property
    def priority(self) -> str:
        """The class that an entry gives what it asks; the user's before the key's."""
        said = (party.entry.priority for party in reversed(self.parties))
        return next(filter(None, said), "")

    @property
    def may_manage(self) -> bool:
        """Whether it may change models."""
        return all(party.entry.manage for party in self.parties)

    @property
    def is_held_to_models(self) -> bool:
        """Whether it may ask some models only."""
        return any(party.entry.models is not None for party in self.parties)

    def may_ask(self, model: str) -> bool:
        """Whether it may ask a model, however that is spelled."""
        return all(
            party.entry.models is None or party.entry.models.match(model) for party in self.parties
        )
