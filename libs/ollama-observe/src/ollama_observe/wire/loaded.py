"""The answer of /api/ps, to facts: which models are loaded, and how.

Source: Ollama docs/api.md, "List running models".
"""

from dataclasses import dataclass, replace

from ollama_observe.wire.digests import digest_in
from ollama_observe.wire.instants import unix_seconds
from ollama_observe.wire.listings import Entry, entries, size
from ollama_observe.wire.records import Bytes

# A negative keep_alive is 292 years to Ollama, the longest duration that Go knows.
FOREVER_UNIX_SECONDS = 7_258_118_400.0
"""The year 2200: what expires later stays."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """One entry of /api/ps. `name` is normalised; None or an empty digest: not told.

    `digest` is that of the manifest, not of the file with the weights.
    Units: bytes, tokens; `expires_at` is Unix time in seconds by Ollama's clock, None for a
    model that stays.
    """

    name: str
    digest: str
    memory_bytes: int | None
    vram_bytes: int | None
    context_tokens: int | None
    expires_at: float | None

    @property
    def spill_bytes(self) -> int | None:
        """The memory that is not on a GPU; None: not told."""
        if self.memory_bytes is None or self.vram_bytes is None:
            return None
        return max(0, self.memory_bytes - self.vram_bytes)

    @property
    def gpu_ratio(self) -> float | None:
        """The share of the memory that is on GPUs; None: not told, or it has no memory."""
        if not self.memory_bytes or self.vram_bytes is None:
            return None
        return min(1.0, self.vram_bytes / self.memory_bytes)


def read_loaded(body: Bytes) -> list[LoadedModel] | None:
    """The loaded models, each name once; None for a body that is no such list. Never raises."""
    found = entries(body)
    if found is None:
        return None
    models: dict[str, LoadedModel] = {}
    for name, entry in found:
        model = _model(name, entry)
        models[name] = _together(models[name], model) if name in models else model
    return list(models.values())


def context_lengths(body: Bytes) -> dict[str, int]:
    """The size of each loaded model's context in tokens, by its normalised name.

    Empty for a body that cannot be read. Never raises.
    """
    models = read_loaded(body) or []
    return {model.name: model.context_tokens for model in models if model.context_tokens}


def _model(name: str, entry: Entry) -> LoadedModel:
    expires_at = unix_seconds(entry.get("expires_at"))
    is_forever = expires_at is not None and expires_at >= FOREVER_UNIX_SECONDS
    return LoadedModel(
        name,
        digest_in(entry.get("digest")),
        size(entry.get("size")),
        size(entry.get("size_vram")),
        size(entry.get("context_length")) or None,
        None if is_forever else expires_at,
    )


def _together(first: LoadedModel, second: LoadedModel) -> LoadedModel:
    """A model that was pulled anew is loaded twice under one name, until the older one expires.

    Ollama lists the one that expires last first: it is the one in use.
    """
    return replace(
        first,
        memory_bytes=_sum(first.memory_bytes, second.memory_bytes),
        vram_bytes=_sum(first.vram_bytes, second.vram_bytes),
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
