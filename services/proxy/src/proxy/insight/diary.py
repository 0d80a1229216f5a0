"""What the models did for the requests of one process, kept until it is asked for.

A usual request that ends costs three numbers: when it was sent, when its prompt had been read and
when it ended. What overlaps becomes one stretch as soon as many have come; so it is short, however
many there were.
"""

from collections.abc import Iterable

import msgspec

from ollama_observe.metrics.metric import UNNAMED
from proxy.insight.forecasts import WATCHED_SECONDS
from proxy.insight.spans import BRIEF_SECONDS, Expected, Present, lay, layers, past_of, presents_of
from proxy.insight.timelines import Doing, Stretches, union, whole
from proxy.routing import Routing
from proxy.story import Story

PENDING = 1024
"""So many requests of a model are kept one by one."""
MOST_STRETCHES = 50_000
"""Of one model and one thing that it does; older ones go where nobody has asked for so long."""

Done = list[Stretches]
"""Of each Doing, in their order, when a model did it: in whole microseconds, in runs of stretches
that may overlap those of another run."""

_DIRECT = Routing.DIRECT.value


def nothing_done() -> Done:
    """Of each Doing nothing."""
    return [([], []) for _ in Doing]


def add_done(done: Done, more: Done) -> None:
    """Put what was done as well into `done`."""
    for (starts, ends), (new_starts, new_ends) in zip(done, more, strict=True):
        starts += new_starts
        ends += new_ends
        del starts[:-MOST_STRETCHES], ends[:-MOST_STRETCHES]


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What a process tells of its models' time, as JSON for the one that keeps the accounts."""

    at: float
    """Until when: of what had ended by then nothing is missing."""
    done: dict[str, Done]
    """By model, of requests that have ended since it was told last."""
    present: list[Present]


class _Lines:
    """One model's, since it was folded last: what is usual, and all else."""

    __slots__ = ("done", "ended", "laid", "read", "sent")

    def __init__(self) -> None:
        self.sent: list[float] = []
        self.read: list[float] = []
        self.ended: list[float] = []
        self.laid = layers()
        self.done = nothing_done()

    def fold(self) -> None:
        """Make stretches of single requests."""
        laid = self.laid
        prefill, answer = laid[2 * Doing.PREFILL :][:2], laid[2 * Doing.ANSWER :][:2]
        prefill[0].extend(self.sent)
        prefill[1].extend(map(max, self.sent, self.read))  # whatever was told
        answer[0].extend(self.read)
        answer[1].extend(map(max, self.read, self.ended))
        found = (union(laid[2 * doing], laid[2 * doing + 1]) for doing in Doing)
        add_done(self.done, [(whole(starts), whole(ends)) for starts, ends in found])
        for column in (self.sent, self.read, self.ended, *laid):
            column.clear()


class Diary:
    """The requests of one process that have ended and have not been told."""

    def __init__(self) -> None:
        self._lines: dict[str, _Lines] = {}

    def add(self, story: Story) -> bool:
        """A request has ended; whether it took long enough for anything to be learnt from it.

        It is called for each, and costs each less than a microsecond: most have their prompt read
        at once, are answered, and say how long each took.
        """
        meter, sent_at, ended_at = story.meter, story.sent_at, story.ended_at
        if (
            meter is None
            or (usage := meter.usage) is None
            or sent_at is None
            or ended_at is None
            or (total := usage.total_seconds) is None
            or (prefill := usage.prefill_seconds) is None
            or (decode := usage.decode_seconds) is None
            or not 0.0 <= total - decode <= prefill + BRIEF_SECONDS
            or (first := meter.first_output) != meter.first_answer
            or story.routing != _DIRECT
            or story.is_cloud
        ):
            return self._add_unusual(story)
        read_at, limit = sent_at + total - decode, ended_at if first is None else first
        lines = self._lines.get(story.model) or self._open(story.model)
        lines.sent.append(sent_at)
        lines.read.append(read_at if read_at < limit else limit)
        lines.ended.append(ended_at)
        if len(lines.sent) >= PENDING:
            lines.fold()
        return ended_at - sent_at >= WATCHED_SECONDS

    def told(self, now: float, stories: Iterable[Story], expected: Expected) -> Told:
        """What is to be told, once; `stories` are in flight."""
        done = {}
        for model, lines in self._lines.items():
            if model not in UNNAMED:
                lines.fold()
                done[model] = lines.done
        self._lines = {}
        return Told(now, done, presents_of(stories, expected))

    def _open(self, model: str) -> _Lines:
        lines = self._lines[model] = _Lines()
        return lines

    def _add_unusual(self, story: Story) -> bool:
        past = past_of(story)
        if past is None:
            return False
        lines = self._lines.get(story.model) or self._open(story.model)
        lay(lines.laid, past)
        # each has a stretch at least, and hardly ever more than four
        if max(map(len, lines.laid)) >= PENDING:
            lines.fold()
        return past[3] - past[2] >= WATCHED_SECONDS
