"""Reads a ledger from its memory: in any process, while its owner writes or after its end."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from ollama_observe.metrics import exemplars
from ollama_observe.metrics.exemplars import Exemplar
from ollama_observe.metrics.ledger import Labels
from ollama_observe.metrics.memory import Memory
from ollama_observe.metrics.metric import Kind, Metric


@dataclass(slots=True)
class Series:
    """One series as read: `numbers` is one value, or a histogram's sum and bucket counts."""

    metric: Metric
    labels: Labels
    numbers: list[float]
    exemplars: list[Exemplar | None]


class LedgerView:
    """One ledger, as its memory says now."""

    def __init__(self, metrics: Iterable[Metric], memory: Memory) -> None:
        self._by_name = {metric.name: metric for metric in metrics}
        self._memory = memory
        self._known: list[tuple[int, Metric, Labels]] = []
        self._read_to = 0

    @property
    def dropped(self) -> float:
        """How many values found no room."""
        return self._memory.dropped

    def series(self) -> Iterator[Series]:
        """Every series that there is now."""
        self._catch_up()
        values, memory = self._memory.values, self._memory
        for place, metric, labels in self._known:
            if metric.kind is Kind.HISTOGRAM:
                end = place + 2 + len(metric.buckets)
                numbers = list(values[place:end])
                traces = _exemplars(memory, end, len(metric.buckets) + 1, metric)
                yield Series(metric, labels, numbers, traces)
            elif not math.isnan(number := values[place]):
                yield Series(metric, labels, [number], [])

    def _catch_up(self) -> None:
        for place, payload, read_to in self._memory.entries(self._read_to):
            name, labels = msgspec.msgpack.decode(payload, type=tuple[str, Labels])
            self._known.append((place, self._by_name[name], labels))
            self._read_to = read_to


def _exemplars(memory: Memory, word: int, buckets: int, metric: Metric) -> list[Exemplar | None]:
    if not metric.exemplars:
        return []
    raw = memory.bytes[word * 8 : (word + buckets * exemplars.WORDS) * 8]
    size = exemplars.SIZE
    return [exemplars.unpack(raw[at : at + size]) for at in range(0, len(raw), size)]
