"""How models really run, and what Ollama was set to, read from processes of the machine.

What is in force is told by the command line of a model's process, where the exporter sees it; what
is set by the environment of Ollama's own process, where it may be read. Of an environment only
variables that are named in the exporter are looked at, and only numbers, switches, durations and
words of a list are told. What cannot be seen is absent. No more models have series than
GPU_EXPORTER_MODEL_LABEL_LIMIT says.
"""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_G = Kind.GAUGE
_MODEL = ("model",)

CONFIG_INFO = Metric(
    "ollama_runner_config_info",
    _G,
    "Always 1; one series for each loaded model whose process is seen. A value is `unknown` where "
    "the command line does not tell it.",
    ("model", "runner", "flash_attention", "kv_cache_type", "gpu_layers"),
)
CONTEXT = Metric(
    "ollama_runner_context_tokens",
    _G,
    "Context of one request of a loaded model.",
    _MODEL,
    "tokens",
)
CONTEXT_TOTAL = Metric(
    "ollama_runner_context_total_tokens",
    _G,
    "Context of all requests that a loaded model answers at a time: what the memory of the "
    "key-value cache goes by.",
    _MODEL,
    "tokens",
)
PARALLEL = Metric(
    "ollama_runner_parallel_slots",
    _G,
    "Requests that a loaded model answers at a time.",
    _MODEL,
)
BATCH = Metric(
    "ollama_runner_batch_tokens",
    _G,
    "Most tokens of prompts that are handed over at once.",
    _MODEL,
    "tokens",
)
MICRO_BATCH = Metric(
    "ollama_runner_micro_batch_tokens",
    _G,
    "Most tokens of prompts that are computed at once.",
    _MODEL,
    "tokens",
)
GPU_LAYERS = Metric(
    "ollama_runner_gpu_layers",
    _G,
    "Layers that the process was told to put on GPUs; absent where it was told all of them, or "
    "decides by itself.",
    _MODEL,
)
THREADS = Metric(
    "ollama_runner_threads",
    _G,
    "Threads that the process was told to compute with; absent where it decides by itself.",
    _MODEL,
)
SETTINGS_READABLE = Metric(
    "ollama_settings_readable",
    _G,
    "1 where the environment of Ollama's process is read, 0 where this user may not, or cannot "
    "tell which process it is. Absent where no process of Ollama's is seen.",
)
SETTING_INFO = Metric(
    "ollama_setting_info",
    _G,
    "Always 1; one series for each variable that Ollama, or the embedded engine, was started with, "
    "of those that say how models run.",
    ("setting", "value"),
)
SETTING_DIFFERS = Metric(
    "ollama_setting_differs",
    _G,
    "1 where something else is in force for a loaded model than what is set, 0 where it is that. "
    "Absent where it is not set, left to Ollama (0), or not known to be in force.",
    ("model", "setting"),
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
