"""What the exporter reads from Ollama's own API, off the hot path.

`/api/ps`, `/api/tags` and `/api/version` are asked on an interval. What happened between two
readings is derived from them: a model that came and went in between is not seen. While Ollama does
not answer, only `ollama_up` and the counters are there. No more models have series of their own
than GPU_EXPORTER_MODEL_LABEL_LIMIT says: of those on disk, of those loaded, and of those counted.
"""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G = Kind.COUNTER, Kind.GAUGE
_MODEL = ("model",)

UP = Metric(
    "ollama_up", _G, "1 while Ollama answers; 0 while nothing does, or something that is no Ollama."
)
INFO = Metric("ollama_info", _G, "Always 1.", ("version",))
MODELS = Metric(
    "ollama_models",
    _G,
    "Models that Ollama has on disk; of a cloud model, that is its name. Read every 30 s.",
)
LOADED = Metric(
    "ollama_loaded_models",
    _G,
    "Models that are loaded, also those beyond the limit, which have no series of their own.",
)
SIZE = Metric(
    "ollama_model_size_bytes",
    _G,
    "Size of a model on disk. Two names of one file have it both.",
    _MODEL,
    "bytes",
)
MODEL_INFO = Metric(
    "ollama_model_info",
    _G,
    "Always 1; one series a model on disk. `location` says where it computes: of a model that is "
    "not `local` there is no more on disk than its name.",
    ("model", "digest", "family", "parameter_size", "quantization", "location"),
)
MEMORY = Metric(
    "ollama_model_memory_bytes",
    _G,
    "Memory of a loaded model as Ollama reports it: weights, cache and buffers, wherever they are.",
    _MODEL,
    "bytes",
)
VRAM = Metric(
    "ollama_model_vram_bytes",
    _G,
    "The part of it that is on GPUs, as Ollama reports it.",
    _MODEL,
    "bytes",
)
SPILL = Metric(
    "ollama_model_cpu_spill_bytes",
    _G,
    "The part of it that is not on a GPU: what makes a model slow.",
    _MODEL,
    "bytes",
)
GPU_RATIO = Metric(
    "ollama_model_gpu_ratio", _G, "The part on GPUs as a share; 1 is all of it.", _MODEL, "ratio"
)
CONTEXT = Metric(
    "ollama_model_context_limit_tokens",
    _G,
    "Size of the context that a model was loaded with.",
    _MODEL,
    "tokens",
)
EXPIRY = Metric(
    "ollama_model_expiry_timestamp_seconds",
    _G,
    "When a model will be unloaded if nobody asks it anything, as Unix time; absent for one that "
    "stays.",
    _MODEL,
    "seconds",
)
LOADS = Metric(
    "ollama_model_loads_total",
    _C,
    "Times that a model was seen loaded that was not before, or with another context or file; "
    "`other` is all models that came when as many as the limit had been loaded. Begins at 0 for "
    "the models on disk that have series, while there are places: of one that is loaded right "
    "after it was pulled, increase() may miss that load.",
    _MODEL,
)
UNLOADS = Metric(
    "ollama_model_unloads_total",
    _C,
    "Times that a model was gone that had been loaded; `reason` is `expired` (its time was up), "
    "`evicted` (before its time, and another model came within 10 s), `requested` (before its "
    "time, and no other came), `reloaded` (with another context or file, or it came back within "
    "10 s) or `ollama_down` (Ollama did not answer in between, or stopped answering within "
    "10 s after the model had gone before its time). Counted when that is known.",
    ("model", "reason"),
)
EVICTIONS = Metric(
    "ollama_model_evictions_total",
    _C,
    "Those of them that had to make room; `cause` is `memory` (the cards had too little free for "
    "the model that came) or `limit` (there was room: OLLAMA_MAX_LOADED_MODELS), and `unknown` "
    "where no reading of the cards says, as for a model that uses none, cards that share the "
    "machine's memory, or an Ollama on another machine.",
    ("model", "cause"),
)
ATTRIBUTION_LEVEL = Metric(
    "ollama_vram_attribution_level",
    _G,
    "How much is known of who holds the cards' memory: 1, what Ollama reports; 2, and what the "
    "cards say in total; 3, and what each process really holds. Cards that share the machine's "
    "memory do not count; 1 also where Ollama is on another machine. Absent while Ollama is down.",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
