"""Which processes of a machine are an Ollama's: those that answer, and those that hold models."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gpu_exporter.machine.processes import Processes
from gpu_exporter.ollama.runners import is_ollama, is_runner, is_server, model_in
from ollama_observe.wire.weights import weights_of

NEW_SECONDS = 10.0
"""How long a process is new, which may be about to become one of Ollama's."""

LOOK_AGAIN_SECONDS = 30.0
"""How long one that is no longer new is left alone: to read them all costs some time. What has the
number of one that ended is found then.
"""


@dataclass(frozen=True, slots=True)
class Runner:
    """A model's process. `server` is the process that started it; 0: it is not known.

    `weights` is as ollama_observe.wire.weights says. `started`: of two the later one has more.
    """

    pid: int
    server: int
    started: float
    weights: str
    words: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sightings:
    """What was seen. `servers` are the words of those that answer, by number."""

    servers: Mapping[int, Sequence[str]] = field(repr=False)
    runners: Sequence[Runner]


@dataclass(frozen=True, slots=True)
class _Other:
    """A process of somebody else's: since when it is seen, until when it is left alone."""

    since: float
    until: float


class Lookout:
    """Looks at processes again and again. `clock` is monotonic, in seconds."""

    def __init__(self, seen: Processes, clock: Callable[[], float]) -> None:
        self._seen = seen
        self._clock = clock
        self._others: dict[int, _Other] = {}

    def look(self) -> Sightings:
        """What there is now."""
        now, before = self._clock(), self._others
        self._others = others = {}
        servers: dict[int, Sequence[str]] = {}
        runners = []
        for pid in self._seen.numbers():
            other = before.get(pid)
            if other and other.until > now:
                others[pid] = other
                continue
            words = self._seen.words(pid) or ()
            if is_runner(words, self._seen, pid):
                runners.append(_runner(words, self._seen, pid))
            elif is_server(words):
                servers[pid] = words
            else:
                others[pid] = _again(other.since if other else now, now)
        return Sightings(servers, runners)


def _again(since: float, now: float) -> _Other:
    return _Other(since, now if now - since < NEW_SECONDS else now + LOOK_AGAIN_SECONDS)


def _runner(words: Sequence[str], seen: Processes, pid: int) -> Runner:
    parent = seen.parent(pid)
    server = parent if parent and is_ollama(seen.words(parent) or ()) else 0
    return Runner(pid, server, seen.started(pid), weights_of(model_in(words)), words)
