"""A model that Ollama has loaded, and where its memory is."""

from collections.abc import Iterable

from ollama_observe.wire.loaded import LoadedModel

__all__ = ["LoadedModel", "gpu_ratio", "spill_bytes", "vram_bytes"]


def spill_bytes(model: LoadedModel) -> int | None:
    """The memory of a model that is not on a GPU; None: not told."""
    if model.memory_bytes is None or model.vram_bytes is None:
        return None
    return max(0, model.memory_bytes - model.vram_bytes)


def gpu_ratio(model: LoadedModel) -> float | None:
    """The share of a model's memory that is on GPUs; None: not told, or it has no memory."""
    if not model.memory_bytes or model.vram_bytes is None:
        return None
    return min(1.0, model.vram_bytes / model.memory_bytes)


def vram_bytes(models: Iterable[LoadedModel]) -> int | None:
    """The memory of all models on GPUs; None where Ollama does not tell it of one."""
    told = [model.vram_bytes for model in models]
    return None if None in told else sum(filter(None, told))
