"""What the dashboard tells of itself, in Prometheus's metrics: the one place that books it."""

import platform
from enum import StrEnum

from prometheus_client import CollectorRegistry

from ollama_observe import __version__
from ollama_observe.metrics.build import counter, gauge, histogram
from ollama_observe.metrics.catalogue import dashboard as m


class Refused(StrEnum):
    """Why a viewer is turned away."""

    FULL = "full"
    PAGE = "page"


class Books:
    """The metrics of one dashboard."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.viewers = gauge(m.VIEWERS, registry)
        self.dropped_frames = counter(m.DROPPED_FRAMES, registry)
        self.sent_bytes = counter(m.SENT_BYTES, registry)
        self.query_rounds = counter(m.QUERY_ROUNDS, registry)
        self._refused = counter(m.REFUSED, registry)
        self._query_duration = histogram(m.QUERY_DURATION, registry)
        self._query_errors = counter(m.QUERY_ERRORS, registry)
        self._live = gauge(m.LIVE, registry)
        for reason in Refused:
            self._refused.labels(reason)
        gauge(m.BUILD_INFO, registry).labels(__version__, platform.python_version()).set(1)

    def refused(self, reason: Refused) -> None:
        """A viewer was turned away."""
        self._refused.labels(reason).inc()

    def queried(self, kind: str, seconds: float) -> None:
        """Prometheus answered a query of this kind, or it failed."""
        self._query_duration.labels(kind).observe(seconds)

    def query_failed(self, kind: str) -> None:
        """A query failed; `kind` is of how."""
        self._query_errors.labels(kind).inc()

    def follows(self, is_connected: bool) -> None:
        """Whether the proxy tells what is in flight."""
        self._live.set(float(is_connected))
