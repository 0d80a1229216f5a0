"""The engine's own numbers. Its HTTP metrics come from the control endpoints."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LOAD_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class EngineMetrics:
    """Counters and gauges of loading and waiting. Labels: none, their cardinality is fixed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.loaded_models = Gauge(
            "engine_loaded_models", "Model processes that are ready.", registry=registry
        )
        self.waiting_requests = Gauge(
            "engine_waiting_requests",
            "Requests that wait for a model or for a free slot of one.",
            registry=registry,
        )
        self.refused_requests = Counter(
            "engine_refused_requests",
            "Requests answered with 503 because the queue was full.",
            registry=registry,
        )
        self.load_seconds = Histogram(
            "engine_load_seconds",
            "Time from the start of a model process until it was ready.",
            buckets=_LOAD_BUCKETS,
            registry=registry,
        )
        self.failed_loads = Counter(
            "engine_failed_loads", "Model processes that did not get ready.", registry=registry
        )
        self.unloads = Counter(
            "engine_unloads",
            "Model processes ended on purpose, by reason.",
            ["reason"],
            registry=registry,
        )
        self.crashes = Counter(
            "engine_crashes", "Model processes that ended by themselves.", registry=registry
        )
        for reason in ("expired", "asked", "replaced", "room", "shutdown"):
            self.unloads.labels(reason)
