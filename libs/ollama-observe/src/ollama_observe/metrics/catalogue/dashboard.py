"""What the dashboard tells of itself: who looks, and what it asks Prometheus for that."""

from ollama_observe.metrics import buckets
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

VIEWERS = Metric("dashboard_viewers", _G, "Pages that have a socket open.")
REFUSED = Metric(
    "dashboard_refused_viewers_total",
    _C,
    "Sockets that were refused: `full` (DASHBOARD_MOST_VIEWERS), or `page`, of another origin or "
    "under a name that is not this machine's.",
    ("reason",),
)
DROPPED_FRAMES = Metric(
    "dashboard_dropped_frames_total",
    _C,
    "Frames that a viewer was too slow for. It gets whole ones later.",
)
SENT_BYTES = Metric(
    "dashboard_sent_bytes_total", _C, "Bytes of messages that were sent to viewers.", unit="bytes"
)
QUERY_ROUNDS = Metric(
    "dashboard_query_rounds_total",
    _C,
    "Rounds of queries for panels: one a tick, however many viewers there are.",
)
QUERY_DURATION = Metric(
    "dashboard_query_duration_seconds",
    _H,
    "How long Prometheus took for an answer, of kind `range`, `instant`, `alerts` or `values`; "
    "failures among them.",
    ("kind",),
    "seconds",
    buckets.QUERY,
    "right before the query is sent, to the end of its answer",
)
QUERY_ERRORS = Metric(
    "dashboard_query_errors_total",
    _C,
    "Queries that failed: `unreachable`, `timeout`, `refused` (Prometheus's own error), or "
    "`unreadable`.",
    ("kind",),
)
LIVE = Metric(
    "dashboard_live_connected",
    _G,
    "1 while the proxy tells what is in flight.",
)
BUILD_INFO = Metric("dashboard_build_info", _G, "Always 1.", ("version", "python"))

METRICS = metrics_in(globals())
"""All of them, in the order above."""
