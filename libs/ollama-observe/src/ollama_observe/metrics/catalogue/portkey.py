"""What the proxy measures of the Portkey gateway, where requests go through it."""

from ollama_observe.metrics import buckets
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

UP = Metric(
    "ollama_proxy_portkey_up",
    _G,
    "1 when the Portkey gateway answered the latest probe, `GET /`; absent where it is not used,"
    " or was not found yet.",
)
REQUESTS = Metric(
    "ollama_proxy_portkey_requests_total",
    _C,
    "Requests that went through the gateway, by what its headers say: `none` where it gave no "
    "answer or made it up itself. `target` is the index in the configuration that was sent, 0 "
    "without targets.",
    ("provider", "target", "cache_status", "status"),
)
RETRIES = Metric(
    "ollama_proxy_portkey_retries_total",
    _C,
    "Retries of the gateway that were followed by an answer; of those that were all in vain it "
    "does not say how many.",
)
RETRIES_EXHAUSTED = Metric(
    "ollama_proxy_portkey_retries_exhausted_total",
    _C,
    "Requests whose retries by the gateway were all in vain.",
)
FALLBACKS = Metric(
    "ollama_proxy_portkey_fallbacks_total",
    _C,
    "Requests that fell back; `reason` is `target`, the gateway answered from another target than "
    "the first, or `gateway_down`, they went directly.",
    ("reason",),
)
BYPASSES = Metric(
    "ollama_proxy_portkey_bypasses_total",
    _C,
    "Requests that went directly although Portkey was asked for; `reason` is `not_enabled`, "
    "`method`, `endpoint`, `head` or `body` (the gateway cannot carry it), or `gateway_down`.",
    ("reason",),
)
ATTEMPTS = Metric(
    "ollama_proxy_portkey_attempts_total",
    _C,
    "Requests of the gateway that came back through the proxy, on their way to an Ollama; 499 "
    "where nobody waited for the answer any more.",
    ("upstream", "status"),
)
OVERHEAD = Metric(
    "ollama_proxy_portkey_overhead_seconds",
    _H,
    "What the gateway added to a request that was answered whole: its waits between attempts are "
    "in it, Ollama's time is not. Needs the return leg.",
    (),
    "seconds",
    buckets.OVERHEAD_OF_GATEWAY,
    "(request sent to the gateway, to the end of its answer) - the sum over its attempts of "
    "(arrived from the gateway, to handed back to it)",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
