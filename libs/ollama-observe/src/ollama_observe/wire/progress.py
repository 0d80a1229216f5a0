"""ProgressMeter: lines of progress to how much of a model has moved (pull, push, create).

Source: Ollama docs/api.md, "Pull a model", "Push a model", "Create a model": lines with a
`status`, and with `digest`, `total` and `completed` while a layer moves.
"""

from typing import Any

import msgspec

from ollama_observe.wire.framing import Framing, splitter_for
from ollama_observe.wire.records import UNREADABLE, count, problems

# A model has about ten layers; a server that names thousands is none.
LAYER_LIMIT = 1000


class _Line(msgspec.Struct, gc=False):
    status: Any = None
    digest: Any = None
    total: Any = None
    completed: Any = None
    error: Any = None


_line = msgspec.json.Decoder(_Line).decode


class _Layer(msgspec.Struct):
    """What was told of one layer. Units: bytes."""

    was_there: bool
    """It was whole when it was first named: nothing of it moved."""
    total: int
    completed: int = 0
    """The most that was ever said: it goes back where a part is fetched once more."""


class ProgressMeter:
    """Reads a copy of one answer as it passes. Never raises for what the bytes hold."""

    is_ended = False
    """The last line, which says `success`, was seen."""
    saw_error = False
    """A line said that it failed, inside an answer that had begun."""
    unreadable = 0
    """Lines that are no JSON."""
    too_long = 0
    """Lines that were skipped because they were longer than the limit."""

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self._split = splitter_for(framing)
        self._layers: dict[str, _Layer] = {}

    @property
    def problems(self) -> dict[str, int]:
        """What could not be read: reason to count."""
        return problems(self.unreadable, self.too_long)

    @property
    def bytes_moved(self) -> int:
        """Over all layers; never falls. What an earlier try had left of a layer is in it."""
        return sum(layer.completed for layer in self._layers.values() if not layer.was_there)

    @property
    def ratio(self) -> float | None:
        """How much of the layers named so far is there, 0 to 1; None before the first size."""
        total = sum(layer.total for layer in self._layers.values())
        if not total:
            return None
        return sum(min(layer.completed, layer.total) for layer in self._layers.values()) / total

    def feed(self, instant: float, data: bytes) -> None:  # noqa: ARG002 (the meters' interface)
        """Take note of `data`, which arrived at `instant`."""
        for found in self._split.feed(data):
            self._note(found)

    def finish(self, instant: float) -> None:  # noqa: ARG002
        """Take note that the body has ended."""
        for found in self._split.finish():
            self._note(found)
        self.too_long += self._split.overflows

    def _note(self, data: bytes) -> None:
        try:
            found = _line(data)
        except UNREADABLE:
            if data and not data.isspace():
                self.unreadable += 1
            return
        if found.error is not None:
            self.saw_error = True
        if found.status == "success":
            self.is_ended = True
        if isinstance(found.digest, str):
            self._note_layer(found.digest, count(found.total), count(found.completed) or 0)

    def _note_layer(self, digest: str, total: int | None, completed: int) -> None:
        layer = self._layers.get(digest)
        if layer is None:
            if total is None or len(self._layers) >= LAYER_LIMIT:
                return
            layer = self._layers[digest] = _Layer(was_there=completed >= total, total=total)
        layer.completed = max(layer.completed, completed)
