"""Which models came and went between two readings of /api/ps, and why.

Pure. What came and went between two readings is not seen. A model that went before its time may
have made room: Ollama frees the memory first, and lists the other model when it loads. So such a
going is decided when another model comes, or when enough time has passed without one.
Source: Ollama server/sched.go.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gpu_exporter.model_names import ModelNames
from ollama_observe.metrics.metric import OTHER
from ollama_observe.wire.loaded import LoadedModel

UNDECIDED_SECONDS = 10.0
"""Ollama waits up to 5 s for a driver to give memory back before it loads into it."""

# A model that is asked something stays beyond its time, and its time is put off only when it has
# answered: one whose time was up long before it was last seen did not go because of that.
_LATE_SECONDS = 10.0

# An answer's date is cut to whole seconds.
_DATE_SECONDS = 1.5

# What a model needs beyond what Ollama reports: its estimate is not exact, and leaves a margin.
_ROOM_RATIO = 1.1


class Reason(StrEnum):
    """Why a model went: values of a label."""

    EXPIRED = "expired"
    EVICTED = "evicted"
    REQUESTED = "requested"
    RELOADED = "reloaded"
    OLLAMA_DOWN = "ollama_down"


class Cause(StrEnum):
    """What another model lacked: values of a label."""

    MEMORY = "memory"
    LIMIT = "limit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading. `room_bytes` is the memory that was free on the cards; None: not known.

    Units: `at` monotonic seconds; `unix_seconds` by Ollama's own clock.
    """

    at: float
    unix_seconds: float
    models: Sequence[LoadedModel]
    room_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class _Gone:
    """A model that went before its time, not yet known why. `at`: seen without it."""

    at: float
    room_bytes: float | None


class Residency:
    """What happened since the first reading, which itself counts nothing.

    `model_limit`: the most models that are counted by name; further ones are `other`.
    """

    def __init__(self, model_limit: int) -> None:
        self.loads: Counter[str] = Counter()
        self.unloads: Counter[tuple[str, Reason]] = Counter()
        self.evictions: Counter[tuple[str, Cause]] = Counter()
        self._names = ModelNames(model_limit)
        self._before: Seen | None = None
        self._was_down = False
        self._undecided: dict[str, _Gone] = {}

    @property
    def models(self) -> Sequence[str]:
        """The names that anything is counted under: all models that were seen loaded."""
        return tuple(self.loads)

    def has_place(self, name: str) -> bool:
        """Whether a model is counted by its name."""
        return name in self._names

    def counted(self, expected: Iterable[str]) -> Sequence[str]:
        """The names that loads are counted under.

        Those of `expected` are among them, in their order, while there are places: they have one
        when they are loaded. `other` is, when there is none.
        """
        others = [name for name in expected if name not in self.loads]
        beyond = () if self._names.left else (OTHER,)
        return tuple(dict.fromkeys([*self.loads, *others[: self._names.left], *beyond]))

    def lose(self) -> None:
        """Ollama does not answer: whatever goes meanwhile, goes with it."""
        self._was_down = True
        for name in list(self._undecided):
            self._unload(name, Reason.OLLAMA_DOWN)
        self._undecided.clear()

    def add(self, seen: Seen) -> None:
        """What Ollama has loaded now."""
        before, self._before = self._before, seen
        for model in seen.models:
            self._names.admit(model.name)
            self.loads[self._names.label(model.name)] += 0
        if before is not None:
            self._compare(before, seen)
        self._was_down = False

    def _compare(self, before: Seen, seen: Seen) -> None:
        old = {model.name: model for model in before.models}
        new = {model.name: model for model in seen.models}
        for name in old.keys() - new.keys():
            self._part(old[name], before, seen)
        changed = [name for name in old.keys() & new.keys() if _is_another(old[name], new[name])]
        for name in changed:
            self._unload(name, Reason.OLLAMA_DOWN if self._was_down else Reason.RELOADED)
        arrived = [new[name] for name in new if name not in old or name in changed]
        for model in arrived:
            self.loads[self._names.label(model.name)] += 1
            if self._undecided.pop(model.name, None) is not None:
                self._unload(model.name, Reason.RELOADED)
        self._decide(seen.at, arrived)

    def _part(self, model: LoadedModel, before: Seen, seen: Seen) -> None:
        if self._was_down:
            self._unload(model.name, Reason.OLLAMA_DOWN)
        elif _is_expired(model, before.unix_seconds, seen.unix_seconds):
            self._unload(model.name, Reason.EXPIRED)
        else:
            self._undecided[model.name] = _Gone(seen.at, before.room_bytes)

    def _decide(self, now: float, arrived: Sequence[LoadedModel]) -> None:
        for name, gone in list(self._undecided.items()):
            if arrived:
                self._unload(name, Reason.EVICTED)
                self.evictions[self._names.label(name), cause(arrived, gone.room_bytes)] += 1
            elif now - gone.at >= UNDECIDED_SECONDS:
                self._unload(name, Reason.REQUESTED)
            else:
                continue
            del self._undecided[name]

    def _unload(self, name: str, reason: Reason) -> None:
        self.unloads[self._names.label(name), reason] += 1


def cause(arrived: Sequence[LoadedModel], room_bytes: float | None) -> Cause:
    """Why models that came could not have come beside one that went.

    `room_bytes`: what was free before, on all cards together.
    """
    needs = [model.memory_bytes for model in arrived if model.vram_bytes]
    if room_bytes is None or not needs or None in needs:
        return Cause.UNKNOWN
    is_room = sum(filter(None, needs)) * _ROOM_RATIO <= room_bytes
    return Cause.LIMIT if is_room else Cause.MEMORY


def _is_another(old: LoadedModel, new: LoadedModel) -> bool:
    """Whether what is loaded under a name is not what was; what is not told tells nothing."""
    pairs = ((old.digest, new.digest), (old.context_tokens, new.context_tokens))
    return any(one and other and one != other for one, other in pairs)


def _is_expired(model: LoadedModel, seen_at: float, gone_at: float) -> bool:
    """Whether a model's time was up between two instants of Ollama's clock."""
    if model.expires_at is None:
        return False
    return seen_at - _LATE_SECONDS <= model.expires_at <= gone_at + _DATE_SECONDS
