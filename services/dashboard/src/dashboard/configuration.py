"""What models run with, beside what Ollama was set to: from the exporter's document. Pure."""

from collections.abc import Mapping

import msgspec

from dashboard.messages import Configuration, Runner, Setting

ENGINE = "engine"
"""The kind of runner that has variables of its own."""
CACHE_KEYS, CACHE_VALUES = "kv_cache_type_k", "kv_cache_type_v"
CACHE = "kv_cache_type"
_DECIDES = "0 leaves it to Ollama"
_NOT_COMPARED = "the two are not compared"

TITLES = {
    "context_tokens": "Context of a request",
    "parallel_slots": "Requests at a time",
    "flash_attention": "Flash attention",
    CACHE: "Key-value cache",
    "gpu_layers": "Layers on GPUs",
    "threads": "Threads",
    "batch_tokens": "Prompt tokens handed over at once",
    "micro_batch_tokens": "Prompt tokens computed at once",
    "context_total_tokens": "Context of all requests",
}
"""What is shown, in this order; what else an exporter may say is not."""

_OLLAMA_SETS = {
    "context_tokens": "OLLAMA_CONTEXT_LENGTH",
    "parallel_slots": "OLLAMA_NUM_PARALLEL",
    "flash_attention": "OLLAMA_FLASH_ATTENTION",
    CACHE: "OLLAMA_KV_CACHE_TYPE",
}
_ENGINE_SETS = {
    "context_tokens": "ENGINE_CONTEXT_LENGTH",
    "parallel_slots": "ENGINE_NUM_PARALLEL",
    "threads": "ENGINE_THREADS",
}
"""The variable that sets each, of Ollama and of the embedded engine."""


class Known(msgspec.Struct, frozen=True):
    """A value in force, and who says so."""

    value: int | str
    origin: str = msgspec.field(name="from")


class Compared(msgspec.Struct, frozen=True):
    """A setting that could be compared with what is in force."""

    setting: str
    set: str
    in_force: str
    differs: bool
    perhaps_because: str | None = None


class Model(msgspec.Struct, frozen=True):
    """A loaded model whose process is seen."""

    model: str
    runner: str
    in_force: Mapping[str, Known] = {}
    compared: list[Compared] = []
    not_seen_because: str | None = None


class Document(msgspec.Struct, frozen=True):
    """What the exporter says at /api/configuration. `settings` is None where it may not read."""

    models: list[Model]
    settings: dict[str, str] | None = None
    notes: list[str] = []


def configuration_of(document: Document, at: float) -> Configuration:
    """What pages show of it. Units: `at` is Unix time."""
    settings = document.settings or {}
    runners = [_runner(model, settings) for model in document.models]
    shown = {one.setting for runner in runners for one in runner.settings}
    return Configuration(
        at=at,
        runners=runners,
        others={name: value for name, value in settings.items() if name not in shown},
        is_readable=document.settings is not None,
        notes=document.notes,
    )


def _runner(model: Model, settings: Mapping[str, str]) -> Runner:
    in_force = _with_cache(model.in_force)
    variables = _ENGINE_SETS if model.runner == ENGINE else _OLLAMA_SETS
    compared = {one.setting: one for one in model.compared}
    rows = [
        _setting(title, in_force.get(item), variables.get(item, ""), settings, compared)
        for item, title in TITLES.items()
    ]
    known = [row for row in rows if row.in_force is not None or row.set_to is not None]
    is_partial = any(row.in_force is None for row in rows)
    note = (model.not_seen_because or "") if is_partial else ""
    return Runner(model.model, model.runner, known, note)


def _setting(
    title: str,
    known: Known | None,
    variable: str,
    settings: Mapping[str, str],
    compared: Mapping[str, Compared],
) -> Setting:
    set_to, found = settings.get(variable), compared.get(variable)
    in_force = None if known is None else str(known.value)
    origin = "" if known is None else known.origin
    if found is None:
        is_odd = in_force is not None and set_to not in (None, in_force)
        why = _DECIDES if set_to == "0" else _NOT_COMPARED if is_odd else ""
        return Setting(title, variable, set_to, in_force, origin, None, why)
    why = found.perhaps_because or ""
    return Setting(title, variable, found.set, found.in_force, origin, found.differs, why)


def _with_cache(in_force: Mapping[str, Known]) -> Mapping[str, Known]:
    """With keys and values of the cache as one, of both where they differ."""
    keys, values = in_force.get(CACHE_KEYS), in_force.get(CACHE_VALUES)
    if keys is None or values is None:
        return in_force
    is_one = keys.value == values.value
    both = keys.value if is_one else f"{keys.value}/{values.value}"
    return {**in_force, CACHE: Known(both, keys.origin)}
