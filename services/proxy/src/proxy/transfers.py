"""Models on the move: bytes as the upstream tells them, and how far a pull has come."""

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import OTHER
from ollama_observe.wire.progress import ProgressMeter
from proxy.story import Story

PULL = "pull"


class Transfer:
    """One pull, push or create, read from its lines of progress."""

    __slots__ = ("_counted_bytes", "_ledger", "_meter", "_shown", "_story")

    def __init__(self, ledger: Ledger, story: Story, meter: ProgressMeter) -> None:
        self._ledger = ledger
        self._story = story
        self._meter = meter
        self._counted_bytes = 0
        self._shown = ""
        """The model under which the progress is shown."""

    @property
    def proven_model(self) -> str | None:
        """The model that is pulled, once the registry has said how large it is.

        A pull is answered 200 before anybody has looked whether there is such a model.
        """
        is_proven = self._meter.ratio is not None and self._story.endpoint.operation == PULL
        return self._story.facts.model if is_proven else None

    def feed(self, at: float, pieces: list[bytes]) -> None:
        """Take note of what arrived at `at`."""
        for piece in pieces:
            self._meter.feed(at, piece)

    def count(self) -> None:
        """Move the counters by what was fed."""
        meter, story = self._meter, self._story
        moved = meter.bytes_moved - self._counted_bytes
        if moved:
            self._counted_bytes += moved
            labels = (story.endpoint.operation, story.routing)
            self._ledger.add(m.TRANSFER_BYTES, moved, labels)
        if story.endpoint.operation == PULL and story.model != OTHER:
            ratio = meter.ratio
            if ratio is not None:
                self._shown = story.model
                self._ledger.put(m.PULL_PROGRESS, ratio, (story.model,))

    def finish(self, at: float) -> None:
        """The answer has come to its end."""
        self._meter.finish(at)

    def close(self) -> None:
        """Whatever became of it, nothing is pulled any more."""
        if self._shown:
            self._ledger.forget(m.PULL_PROGRESS, (self._shown,))
