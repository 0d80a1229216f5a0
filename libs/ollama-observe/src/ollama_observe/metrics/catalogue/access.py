"""What the proxy measures of those who ask, where it is told who they are.

While it asks nobody for a key and trusts no address nothing of it is there.
"""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G = Kind.COUNTER, Kind.GAUGE

REFUSALS = Metric(
    "ollama_proxy_key_refusals_total",
    _C,
    "Requests that were refused for their API key, by its alias. `reason` is `missing`, `unknown` "
    "or `expired` (401), `model` (not good for it, or it is not certain which one is asked), "
    "`manage` (it may not change models, nor tell the gateway what to do), `user` (it cannot be "
    "read whom a trusted address names) or `return_leg` (it came there by itself) (403), "
    "`requests`, `tokens` or `in_flight` (429: it has asked for as much as it may).",
    ("user", "reason"),
)
TOKENS = Metric(
    "ollama_proxy_key_tokens_total",
    _C,
    "Tokens as the upstream counts them, by alias and model; of an answer without counts those "
    "that were seen to come. Of recorded answers none.",
    ("user", "model", "type"),
    "tokens",
)
SECONDS = Metric(
    "ollama_proxy_key_model_seconds_total",
    _C,
    "How long the upstream had requests to models, by alias; of several at once each counts.",
    ("user", "model"),
    "seconds",
    clock="request sent to the upstream, to the end of its answer",
)
ENTRIES = Metric(
    "ollama_proxy_key_entries",
    _G,
    "Entries of the file of keys that is in force.",
    over_workers="max",
)
RELOADS = Metric(
    "ollama_proxy_key_file_reads_total",
    _C,
    "Times that the file of keys was read after it had changed; `result` is `taken` or `refused` "
    "(it has a mistake: what was in force stays so).",
    ("result",),
)
BROKEN = Metric(
    "ollama_proxy_key_file_broken",
    _G,
    "1 while the file of keys cannot be used and older keys are in force, else 0.",
    over_workers="max",
)
TAKEN_AT = Metric(
    "ollama_proxy_key_file_taken_timestamp_seconds",
    _G,
    "When the keys that are in force were read, in Unix seconds.",
    (),
    "seconds",
    over_workers="max",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
