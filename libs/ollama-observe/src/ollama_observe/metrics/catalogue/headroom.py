"""How much memory a model could have: now, and once others have gone.

What is free of each card and of the machine stands in `gpu_memory_free_bytes` and
`host_memory_available_bytes`. These series say what a model may take of it, as Ollama reckons, and
who holds the rest. Absent while Ollama is down, and where it runs on another machine.
"""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_G = Kind.GAUGE
_PLACE = ("place",)

ROOM = Metric(
    "ollama_headroom_free_bytes",
    _G,
    "Memory that a model may take now: of cards and parts of cards what they have free less about "
    "1.5 GB each, of main memory what is available less 1 GB. `cards` is absent where there are "
    "none that Ollama uses, or none says what is free of it.",
    _PLACE,
    "bytes",
)
EXPIRING = Metric(
    "ollama_headroom_expiring_bytes",
    _G,
    "Memory of loaded models that give it back by themselves when nobody asks them anything: "
    "`ollama_model_expiry_timestamp_seconds` says when each does.",
    _PLACE,
    "bytes",
)
PINNED = Metric(
    "ollama_headroom_pinned_bytes",
    _G,
    "Memory of loaded models that stay (keep_alive -1) until they are unloaded, or Ollama needs "
    "the room.",
    _PLACE,
    "bytes",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
