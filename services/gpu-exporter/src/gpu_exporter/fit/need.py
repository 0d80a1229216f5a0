"""What a model needs, in parts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from gpu_exporter.fit.buffers import Buffers, buffers_of
from gpu_exporter.fit.cache import CacheTypes, Kept, Slots, kept
from gpu_exporter.fit.facts import ModelFacts
from gpu_exporter.fit.layers import layout_of
from gpu_exporter.fit.weights import Weights, weights_of

EMBEDDING_BATCH_TOKENS = 2048
ENGINE_BATCH_TOKENS = 128
ENGINE_PROCESS_BYTES = 35 * 2**20
"""What a model process of the engine holds without a model: its size in /api/ps is all of it."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model is to run.

    `is_engine`: by the embedded engine, which reserves results for each token of its small batch.
    """

    slots: Slots
    types: CacheTypes = field(default_factory=CacheTypes)
    has_flash: bool = True
    is_engine: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """Memory that a model needs. Units: bytes.

    `on_card` is what a card holds where all of the model is on it; `total` what main memory holds
    where none is. `process` is what its process holds without it, where that counts. `spread` is
    the part that is divided by layers, of which there are `layers`. `unsure` is what it may need
    less; `is_open`: it may need more, and nobody can tell how much.
    """

    weights: int
    cache: int
    states: int
    compute: int
    output: int
    process: int
    total: int
    on_card: int
    spread: int
    layers: int
    unsure: int = 0
    is_open: bool = False
    notes: Sequence[str] = ()

    @property
    def fixed(self) -> int:
        """What each card needs that has any layer at all: room to compute in."""
        return self.compute + self.output

    def less(self) -> Self:
        """The least that it may need."""
        return replace(
            self,
            cache=self.cache - self.unsure,
            total=self.total - self.unsure,
            on_card=self.on_card - self.unsure,
            spread=self.spread - self.unsure,
            unsure=0,
        )


def batch_tokens(facts: ModelFacts, slots: Slots, is_engine: bool) -> int:
    """How much of a prompt is computed at once, where nobody says.

    Source: Ollama server/llama_server_plan.go, `generationBatchForContext`, where there is room.
    """
    if is_engine:
        return ENGINE_BATCH_TOKENS
    if facts.is_for_embeddings:
        return min(EMBEDDING_BATCH_TOKENS, slots.total_tokens)
    if slots.total_tokens > 32768:
        return 2048
    return 1024 if slots.total_tokens > 4096 else 512


def need_of(facts: ModelFacts, size_bytes: int, manner: Manner) -> Need:
    """What a model needs whose files have so many bytes."""
    weights, layout = weights_of(facts, size_bytes), layout_of(facts)
    rows = manner.slots.batch_tokens if manner.is_engine else None
    buffers = buffers_of(facts, manner.slots, layout.window_tokens, manner.has_flash, rows)
    notes = [*layout.notes]
    if buffers is None:
        notes.append("the widths of its layers are not told: what it computes in is not known")
    most, least = Kept(0, 0), Kept(0, 0)
    if layout.layers is not None:
        most = kept(layout.layers, manner.slots, manner.types)
        least = kept(layout.layers, manner.slots, manner.types, layout.window_tokens)
    is_open = buffers is None or layout.layers is None
    layers = facts.number("block_count") or 0
    process = ENGINE_PROCESS_BYTES if manner.is_engine else 0
    needed = _together(weights, most, buffers or Buffers(0, 0), process, layers)
    return replace(needed, unsure=most.cache - least.cache, is_open=is_open, notes=tuple(notes))


def _together(weights: Weights, most: Kept, buffers: Buffers, process: int, layers: int) -> Need:
    beside = most.cache + most.states + buffers.compute + buffers.output + process
    return Need(
        weights=weights.total,
        cache=most.cache,
        states=most.states,
        compute=buffers.compute,
        output=buffers.output,
        process=process,
        total=weights.total + beside,
        on_card=weights.on_card + beside,
        spread=weights.layers + most.cache + most.states,
        layers=layers,
    )
