"""What a file of keys says of one alias. Pure."""

from dataclasses import dataclass, field

from proxy.access.patterns import Patterns

ANYBODY = "*"
"""The entry of those whom a trusted address names and who have none of their own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one alias may ask, over all processes of a proxy; None: no limit.

    Minutes slide; a day is one of UTC. Tokens are those of prompts and answers, as the upstream
    counts them, booked when an answer ends.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    tokens_per_day: int | None = None
    max_in_flight: int | None = None

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited."""
        return self.tokens_per_minute is not None or self.tokens_per_day is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """One alias: its keys by their hashes, and what who brings one of them may do."""

    alias: str
    digests: tuple[bytes, ...] = field(default=(), repr=False)
    """SHA-256 of each key; none for one who is only named by trusted addresses."""
    models: Patterns | None = None
    """The models that may be asked; None: all."""
    manage: bool = False
    """Models may be pulled, pushed, created, copied and deleted, and what else is no question."""
    limits: Limits = Limits()
    priority: str = ""
    """A class of the queue's, for what this alias asks; empty: none is said."""
    expires_at: float | None = None
    """In Unix seconds; from then on its keys are refused."""

    def is_expired(self, unix_seconds: float) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and unix_seconds >= self.expires_at
