"""What the proxy's own queue measures. While it is off nothing of it is there."""

from ollama_observe.metrics import buckets
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

WAITING = Metric(
    "ollama_proxy_queue_waiting_requests",
    _G,
    "Requests that wait for their turn in the proxy's queue.",
    ("model", "priority"),
)
IN_TURN = Metric(
    "ollama_proxy_queue_slots_in_use",
    _G,
    "Requests that have their turn: on their way to Ollama, or there.",
    ("model",),
)
WAITING_BYTES = Metric(
    "ollama_proxy_queue_waiting_size_bytes",
    _G,
    "What the bodies of waiting requests take.",
    (),
    "bytes",
)
LIMIT = Metric(
    "ollama_proxy_queue_limit",
    _G,
    "What the queue keeps to; `bound` is `length` (requests that wait), `bytes` (of their bodies), "
    "`per_model` or `total` (requests that have their turn; absent where there is none).",
    ("bound",),
    over_workers="max",
)
WAIT = Metric(
    "ollama_proxy_queue_wait_seconds",
    _H,
    "Wait in the proxy's queue of requests whose turn came; 0 where there was room at once.",
    ("model", "priority"),
    "seconds",
    buckets.FIRST_TOKEN,
    "request whole and to go on, to its turn",
    exemplars=True,
)
REQUESTS = Metric(
    "ollama_proxy_queue_requests_total",
    _C,
    "Requests that came to the proxy's queue, and ended; `result` is `at_once` (there was room), "
    "`waited`, or, of those whose turn never came, `left` (the client), `full` (no room to wait), "
    "`displaced` (by one of a client with fewer, or of a higher class), `timeout` or `shutdown`.",
    ("model", "priority", "result"),
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
