"""One process's counters, gauges and histograms, in memory that outlives the process.

A value is found by one look-up and changed by one addition: the relay pays for it on every
chunk. Another process reads the same memory with a LedgerView, also after the owner was
killed at any instant; what had been counted by then is there.

Shape of a series: a counter or gauge is one number; a histogram is its sum, then a count per
bucket (not cumulative), then, where it has exemplars, five words per bucket.
"""

import math
import struct
import time
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from ollama_observe.metrics.catalogue import Kind, Metric
from ollama_observe.metrics.memory import Memory

Labels = tuple[str, ...]

_EXEMPLAR = struct.Struct("=16sddQ")
_WORDS = _EXEMPLAR.size // 8
_CHECKED = _EXEMPLAR.size - 8


class Ledger:
    """The values of one process's metrics. For one thread; labels in the catalogue's order.

    Values of a new series that finds no room are counted as dropped.
    Raises: ValueError for a use that the catalogue does not give.
    """

    def __init__(
        self,
        metrics: Iterable[Metric],
        memory: Memory | None = None,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (an instant, no interval)
    ) -> None:
        self.memory = memory or Memory.private()
        if self.memory.is_used:
            raise ValueError("this memory holds another ledger's values")
        self._metrics = frozenset(metrics)
        self._wall_clock = wall_clock
        self._values = self.memory.values
        self._places: dict[tuple[Metric, Labels], int] = {}
        self._rows: dict[tuple[Metric, Labels], int] = {}
        self._forgotten: dict[tuple[Metric, Labels], int] = {}

    def add(self, metric: Metric, amount: float, labels: Labels = ()) -> None:
        """Increase a counter, or move a gauge up or down."""
        if amount < 0 and metric.kind is Kind.COUNTER:
            raise ValueError(f"{metric.name} is a counter: it does not go down")
        try:
            self._values[self._places[metric, labels]] += amount
        except KeyError:
            place = self._place(metric, labels)
            if place is not None:
                self._values[place] += amount

    def put(self, metric: Metric, value: float, labels: Labels = ()) -> None:
        """Set a gauge."""
        if metric.kind is not Kind.GAUGE:
            raise ValueError(f"{metric.name} is a {metric.kind}: it is not set")
        place = self._places.get((metric, labels))
        if place is None:
            place = self._place(metric, labels)
        if place is not None:
            self._values[place] = value

    def observe(
        self, metric: Metric, value: float, labels: Labels = (), trace_id: str = ""
    ) -> None:
        """Put a value into a histogram; a trace id makes it its bucket's exemplar.

        The caller has seen to it that a trace id is 32 hex digits.
        """
        try:
            row = self._rows[metric, labels]
        except KeyError:
            opened = self._row(metric, labels)
            if opened is None:
                return
            row = opened
        bucket = bisect_left(metric.buckets, value)
        values = self._values
        values[row] += value
        values[row + 1 + bucket] += 1.0
        if trace_id and metric.exemplars:
            self._exemplify(row + 2 + len(metric.buckets) + bucket * _WORDS, trace_id, value)

    def forget(self, metric: Metric, labels: Labels) -> None:
        """End a gauge's series; its next value begins it anew."""
        if metric.kind is not Kind.GAUGE:
            raise ValueError(f"{metric.name} is a {metric.kind}: it does not end")
        place = self._places.pop((metric, labels), None)
        if place is not None:
            self._values[place] = math.nan
            self._forgotten[metric, labels] = place

    def _place(self, metric: Metric, labels: Labels) -> int | None:
        if metric.kind is Kind.HISTOGRAM:
            raise ValueError(f"{metric.name} is a histogram: observe() it")
        place = self._forgotten.pop((metric, labels), None)
        if place is not None:
            self._values[place] = 0.0
        else:
            place = self._open(metric, labels)
        if place is not None:
            self._places[metric, labels] = place
        return place

    def _row(self, metric: Metric, labels: Labels) -> int | None:
        if metric.kind is not Kind.HISTOGRAM:
            raise ValueError(f"{metric.name} is a {metric.kind}, no histogram")
        row = self._open(metric, labels)
        if row is not None:
            self._rows[metric, labels] = row
        return row

    def _open(self, metric: Metric, labels: Labels) -> int | None:
        if metric not in self._metrics:
            raise ValueError(f"{metric.name} is not among this ledger's metrics")
        if len(labels) != len(metric.labels):
            raise ValueError(f"{metric.name} has the labels {metric.labels}, not {labels}")
        place = self.memory.append(msgspec.msgpack.encode((metric.name, labels)), _width(metric))
        if place is None:
            self.memory.drop()
        return place

    def _exemplify(self, word: int, trace_id: str, value: float) -> None:
        packed = _EXEMPLAR.pack(bytes.fromhex(trace_id), value, self._wall_clock(), 0)
        checked = packed[:_CHECKED]
        at = word * 8
        self.memory.bytes[at : at + _EXEMPLAR.size] = checked + _seal(checked)


@dataclass(frozen=True, slots=True)
class Exemplar:
    """The trace of a bucket's latest observation. Units: `at` is seconds since 1970."""

    trace_id: str
    value: float
    at: float


@dataclass(slots=True)
class Series:
    """One series as read: `numbers` is one value, or a histogram's sum and bucket counts."""

    metric: Metric
    labels: Labels
    numbers: list[float]
    exemplars: list[Exemplar | None]


class LedgerView:
    """Reads a ledger from its memory, in any process, while its owner writes or after its end."""

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
                exemplars = _exemplars(memory, end, len(metric.buckets) + 1, metric)
                yield Series(metric, labels, numbers, exemplars)
            elif not math.isnan(number := values[place]):
                yield Series(metric, labels, [number], [])

    def _catch_up(self) -> None:
        for place, payload, read_to in self._memory.entries(self._read_to):
            name, labels = msgspec.msgpack.decode(payload, type=tuple[str, Labels])
            self._known.append((place, self._by_name[name], labels))
            self._read_to = read_to


def _width(metric: Metric) -> int:
    """The words of one series."""
    if metric.kind is not Kind.HISTOGRAM:
        return 1
    buckets = len(metric.buckets) + 1
    return 1 + buckets + (buckets * _WORDS if metric.exemplars else 0)


def _seal(checked: bytes) -> bytes:
    return struct.pack("=Q", zlib.crc32(checked))


def _exemplars(memory: Memory, word: int, buckets: int, metric: Metric) -> list[Exemplar | None]:
    if not metric.exemplars:
        return []
    raw = memory.bytes[word * 8 : (word + buckets * _WORDS) * 8]
    return [_exemplar(raw[at : at + _EXEMPLAR.size]) for at in range(0, len(raw), _EXEMPLAR.size)]


def _exemplar(raw: bytes) -> Exemplar | None:
    """None where there is none, or while it is being written."""
    trace_id, value, at, _ = _EXEMPLAR.unpack(raw)
    if at == 0.0 or raw[_CHECKED:] != _seal(raw[:_CHECKED]):
        return None
    return Exemplar(trace_id.hex(), value, at)
