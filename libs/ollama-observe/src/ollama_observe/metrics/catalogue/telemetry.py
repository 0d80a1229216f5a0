"""What the proxy says of its own sending by OTLP. While that is off nothing of it is there."""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G = Kind.COUNTER, Kind.GAUGE

SENT = Metric(
    "ollama_proxy_otlp_sent_total",
    _C,
    "Spans, and points of metrics, that the collector took.",
    ("signal",),
)
DROPPED = Metric(
    "ollama_proxy_otlp_dropped_total",
    _C,
    "Spans, and points of metrics, that the collector did not get or did not take; `reason` is "
    "`queue_full` (too many waited: the oldest went), `rejected` (it took the others), `refused` "
    "(it took none), `gave_up` (it was asked again for too long), `unsent` (no second try: the "
    "next metrics hold what these held) or `shutdown`.",
    ("signal", "reason"),
)
SENDS = Metric(
    "ollama_proxy_otlp_sends_total",
    _C,
    "Requests to the collector; `result` is `ok`, `partial` (some of it was rejected), `refused`, "
    "`busy` (it asked for another try), `unreachable` or `timeout`.",
    ("signal", "result"),
)
QUEUED = Metric(
    "ollama_proxy_otlp_queued_spans",
    _G,
    "Spans that wait to be sent, or for the collector to take them: 2048 of each process wait, and "
    "512 are on their way, at most.",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
