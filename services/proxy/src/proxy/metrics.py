"""The proxy's metrics as objects, built from the catalogue on one registry."""

import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ollama_observe import __version__
from ollama_observe.metrics import catalogue
from ollama_observe.metrics.build import counter, gauge, histogram
from ollama_observe.metrics.catalogue import Kind, Metric


class ProxyMetrics:
    """Every metric of `catalogue.PROXY`, found by its catalogue entry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._counters: dict[Metric, Counter] = {}
        self._gauges: dict[Metric, Gauge] = {}
        self._histograms: dict[Metric, Histogram] = {}
        for metric in catalogue.PROXY:
            match metric.kind:
                case Kind.COUNTER:
                    self._counters[metric] = counter(metric, registry)
                case Kind.GAUGE:
                    self._gauges[metric] = gauge(metric, registry)
                case Kind.HISTOGRAM:
                    self._histograms[metric] = histogram(metric, registry)
        self._gauges[catalogue.BUILD_INFO].labels(__version__, platform.python_version()).set(1)

    def add(self, metric: Metric, amount: float, *labels: str) -> None:
        """Increase a counter. Labels in the catalogue's order."""
        bound = self._counters[metric]
        (bound.labels(*labels) if labels else bound).inc(amount)

    def move(self, metric: Metric, amount: float, *labels: str) -> None:
        """Move a gauge up or down."""
        self._gauges[metric].labels(*labels).inc(amount)

    def observe(self, metric: Metric, value: float | None, *labels: str) -> None:
        """Put a value into a histogram; None is absent, and stays absent."""
        if value is not None:
            self._histograms[metric].labels(*labels).observe(value)
