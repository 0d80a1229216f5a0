"""What the proxy's answer cache measures.

While the cache is off nothing of it is there but STORED, which has no labels: it is 0, as every
such counter of which nothing was counted.
"""

from ollama_observe.metrics import buckets
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

LOOKUPS = Metric(
    "ollama_proxy_cache_lookups_total",
    _C,
    "Requests that the answer cache was there for, by what became of the look: `hit`, "
    "`semantic_hit` and `shared` (the same was being asked) spared the upstream; `miss`, `refresh` "
    "(the client wanted a new answer) and `disabled` (nobody could look) did not.",
    ("endpoint", "model", "result"),
)
LOOKUP_DURATION = Metric(
    "ollama_proxy_cache_lookup_duration_seconds",
    _H,
    "How long a look took, before the request went on or was answered.",
    ("result",),
    "seconds",
    buckets.CACHE_LOOKUP,
    "body fully read, to the look's result",
)
SIMILARITY = Metric(
    "ollama_proxy_cache_similarity_ratio",
    _H,
    "Cosine of the nearest question of those that agree in all else; `result` is what came of it.",
    ("result",),
    "ratio",
    buckets.SIMILARITY,
)
ENTRIES = Metric(
    "ollama_proxy_cache_entries",
    _G,
    "Answers that are kept.",
)
BYTES = Metric(
    "ollama_proxy_cache_size_bytes",
    _G,
    "What the kept answers take.",
    (),
    "bytes",
)
STORED = Metric(
    "ollama_proxy_cache_stored_total",
    _C,
    "Answers that were kept.",
)
NOT_STORED = Metric(
    "ollama_proxy_cache_not_stored_total",
    _C,
    "Answers that were not kept; `reason` is `status` (no 200), `encoded`, `too_long` (than one "
    "may be, or all together), "
    "`incomplete` (no end marker, or an error), `operation` (a model was loaded or unloaded) or "
    "`not_wanted`.",
    ("reason",),
)
EVICTIONS = Metric(
    "ollama_proxy_cache_evictions_total",
    _C,
    "Answers that went; `cause` is `entries` or `bytes` (too many: the least recently used), "
    "`age`, `replaced` or `cleared`.",
    ("cause",),
)
FAILURES = Metric(
    "ollama_proxy_cache_failures_total",
    _C,
    "Times that a part of the cache did not do what it was asked; `part` is `store` (a miss, or an "
    "answer that was not kept), `embedding` (a miss) or `digest` (`disabled`: nobody could look).",
    ("part",),
)
SAVED_TOKENS = Metric(
    "ollama_proxy_cache_saved_tokens_total",
    _C,
    "Tokens that the upstream counted in answers that were given again. Of shared answers that "
    "were too long to be kept none are counted.",
    ("model", "type"),
    "tokens",
)
SAVED_SECONDS = Metric(
    "ollama_proxy_cache_saved_seconds_total",
    _C,
    "How long the upstream had taken for answers that were given again.",
    ("model",),
    "seconds",
    clock="request sent to the upstream, to the end of its answer, when it was recorded",
)
INFO = Metric(
    "ollama_proxy_cache_info",
    _G,
    "Always 1 where the cache is on; the labels say how.",
    ("cache_mode", "store"),
    over_workers="max",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
