"""Machines and loaded models, as the exporter sees them, for tests of what fits."""

from dataclasses import replace
from typing import Any

from gpu_exporter.fit.answer import Seen
from gpu_exporter.gpu import Gpu
from ollama_observe.wire.loaded import LoadedModel

GIB = 2**30
NOW = 1_795_435_200.0


def card(free: float, total: float = 24, index: str = "0") -> Gpu:
    """A card with so many GiB free."""
    return Gpu(
        index=index,
        uuid=f"GPU-{index}",
        name="RTX",
        vendor="nvidia",
        memory_free_bytes=free * GIB,
        memory_total_bytes=total * GIB,
        memory_used_bytes=(total - free) * GIB,
    )


def loaded(
    name: str, size: float, vram: float | None = None, tokens: int = 4096, at: float | None = 300.0
) -> LoadedModel:
    """A loaded model of so many bytes, all on a card unless said; it goes in so many seconds."""
    on_card = size if vram is None else vram
    expires = None if at is None else NOW + at
    return LoadedModel(name, "", round(size), round(on_card), tokens, expires)


def seen(*gpus: Gpu, models: tuple[LoadedModel, ...] = (), **more: Any) -> Seen:
    """A machine of 32 GiB, of which 30 are available, with an Ollama of today."""
    plain = Seen(models, gpus, 30.0 * GIB, 32.0 * GIB, NOW, "0.33.0")
    return replace(plain, **more)
