"""The latest readings of all collectors, for prometheus_client to write out.

Nothing is read here: a scrape takes what there is, whatever the collectors are doing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from gpu_exporter.reading import Reading
from gpu_exporter.watch import Watch
from ollama_observe.metrics.metric import Kind, Metric

Family = CounterMetricFamily | GaugeMetricFamily


class SnapshotCollector(Collector):
    """All that the watches have, and `own`: what the exporter says of itself. For any thread."""

    def __init__(self, watches: Sequence[Watch], own: Callable[[], Iterable[Reading]]) -> None:
        self._watches = tuple(watches)
        self._own = own

    def collect(self) -> Iterator[Family]:
        """Every metric that there is a reading of."""
        return families(self.readings())

    def readings(self) -> Iterator[Reading]:
        """Every reading there is."""
        yield from self._own()
        for watch in self._watches:
            yield from watch.readings()


def families(readings: Iterable[Reading]) -> Iterator[Family]:
    """Readings as metric families, in the order in which the metrics come."""
    of_metric: defaultdict[Metric, list[Reading]] = defaultdict(list)
    for reading in readings:
        of_metric[reading.metric].append(reading)
    for metric, found in of_metric.items():
        build = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
        family = build(metric.name, metric.help, labels=metric.labels)
        for reading in found:
            family.add_metric(reading.labels, reading.value)
        yield family
