"""Which models are where, and what moves them."""

from dashboard.panels.model import Group, Kind, Panel, Query, Role, Split, Unit
from dashboard.panels.queries import (
    averaged_while_there,
    by_labels_or_model,
    grown,
    per_model,
    present,
    quantile,
    quantiles,
    summed,
)
from dashboard.panels.sentences import COUNTED, NO_NATIVE, NO_ROUTING, NO_TOKENS

GROUP = Group("models", "Which models are loaded?")

_NO_EXPORTER = "the exporter says nothing of Ollama in this time: make status says whether it runs"
_NONE_LOADED = (
    "no model was loaded in this time, or the exporter does not run: make status says, and a "
    "question loads one"
)
_FILTERS = " As Ollama lists them, seen every few seconds; the filter of routing does not apply."


def _on_gpus(*by: str) -> str:
    vram, memory = (
        summed(averaged_while_there(f"ollama_model_{what}_bytes{{${{models}}}}", "ollama_up"), *by)
        for what in ("vram", "memory")
    )
    return f"{vram} / ({memory} > 0)"


_NO_RUNNER = (
    "no model was loaded in this time, or the exporter does not see its process:"
    " docs/SETTINGS.md says what it needs"
)
_DIFFERS = "max by (model, setting) (ollama_setting_differs{${models}})"

PANELS = (
    Panel(
        "residency",
        GROUP.id,
        "Loaded models",
        Unit.BYTES,
        queries=(
            Query(present("ollama_model_memory_bytes{${models}}", "model"), "{model}", Role.MEMORY),
            Query(
                present("ollama_model_cpu_spill_bytes{${models}}", "model"),
                "{model} not on a GPU",
                Role.SPILL,
            ),
            Query(
                present("ollama_model_expiry_timestamp_seconds{${models}}", "model"),
                "{model} expires",
                Role.EXPIRY,
            ),
        ),
        absent=_NONE_LOADED,
        help="A bar while a model is in memory, with its size, and the part of it that is on no"
        " GPU. It is unloaded at its expiry if nobody asks it anything; one without stays."
        + _FILTERS,
        kind=Kind.GANTT,
    ),
    Panel(
        "loads",
        GROUP.id,
        "Loads and evictions",
        Unit.COUNT,
        queries=(
            *per_model(
                lambda *by: summed(grown("ollama_model_loads_total{${models}}"), *by), "loaded"
            ),
            Query(
                summed(grown("ollama_model_unloads_total{${models}}"), "reason"),
                "unloaded: {reason}",
                split=Split.TOTAL,
            ),
            *per_model(
                lambda *by: summed(grown("ollama_model_evictions_total{${models}}"), *by, "cause"),
                "made room: {cause}",
            ),
            *per_model(
                lambda *by: summed(grown("ollama_proxy_model_reloads_total{${requests}}"), *by),
                "loaded again",
            ),
        ),
        absent=_NO_EXPORTER,
        help="Evictions had to make room for another model, for want of memory or because of"
        " OLLAMA_MAX_LOADED_MODELS. Loaded again are those that were loaded the moment before:"
        " their options differ, or memory is short; to the others the filter of routing does not"
        " apply." + COUNTED,
    ),
    Panel(
        "load-time",
        GROUP.id,
        "Time to load",
        Unit.SECONDS,
        queries=quantiles("ollama_proxy_model_load_duration_seconds"),
        absent=NO_NATIVE,
        help="Of every request, as Ollama reports it: near zero where the model was loaded.",
        is_logarithmic=True,
    ),
    Panel(
        "headroom",
        GROUP.id,
        "Room for models",
        Unit.BYTES,
        queries=tuple(
            Query(f"sum by (place) (ollama_headroom_{what}_bytes)", f"{{place}}: {words}")
            for what, words in (("free", "free"), ("expiring", "expires"), ("pinned", "stays"))
        ),
        absent="the exporter says nothing of it: Ollama is down, or runs on another machine",
        help="Memory that a model may take now, as Ollama reckons, and what loaded ones hold: most"
        " give it back when nobody asks them anything (expires), some stay. make fit says whether a"
        " model fits. The filters do not apply.",
    ),
    Panel(
        "on-gpu",
        GROUP.id,
        "Share on GPUs",
        Unit.RATIO,
        queries=per_model(_on_gpus, "on GPUs"),
        absent=_NONE_LOADED,
        help="The part of the loaded models' memory that is on GPUs; what is not makes a model"
        " slow." + _FILTERS,
        most=1.0,
    ),
    Panel(
        "context",
        GROUP.id,
        "Context in use",
        Unit.TOKENS,
        queries=(
            *per_model(
                lambda *by: quantile("0.95", "ollama_proxy_context_tokens", "${requests}", *by),
                "p95",
                Role.P95,
            ),
            Query(
                "max by (model) (ollama_model_context_limit_tokens{${models}})",
                "{model} limit",
                Role.THRESHOLD,
                Split.MODEL,
            ),
        ),
        absent=NO_TOKENS,
        help="Prompt and answer together, at the end of an answer. Buckets are twice as wide as the"
        " one before. Dashed, by model: the context that it was loaded with.",
        is_logarithmic=True,
    ),
    Panel(
        "runner-context",
        GROUP.id,
        "Context that models run with",
        Unit.TOKENS,
        queries=(Query("max by (model) (ollama_runner_context_tokens{${models}})", "{model}"),),
        absent=_NO_RUNNER,
        help="Of one request, as the model's process was told." + _FILTERS,
    ),
    Panel(
        "runner-slots",
        GROUP.id,
        "Requests that models answer at a time",
        Unit.REQUESTS,
        queries=(Query("max by (model) (ollama_runner_parallel_slots{${models}})", "{model}"),),
        absent=_NO_RUNNER,
        help="As the model's process was told; Ollama may give fewer than OLLAMA_NUM_PARALLEL says."
        + _FILTERS,
    ),
    Panel(
        "settings-differ",
        GROUP.id,
        "Settings that are not in force",
        Unit.COUNT,
        queries=by_labels_or_model(_DIFFERS, "setting"),
        absent="nothing is set of what can be compared, or the exporter may not read Ollama's"
        " environment: docs/SETTINGS.md says what it needs",
        help="Loaded models for which something else is in force than what Ollama was set to: its"
        " environment beside the command line of the model's process. By model: how many settings."
        " Which they are now stands above, at what models run with." + _FILTERS,
    ),
    Panel(
        "pulls",
        GROUP.id,
        "Downloads",
        Unit.RATIO,
        queries=(Query("max by (model) (ollama_proxy_pull_progress_ratio{${models}})", "{model}"),),
        absent="no model was being pulled through the proxy",
        help="How much of a pull is there, while it runs." + NO_ROUTING,
        most=1.0,
    ),
)
