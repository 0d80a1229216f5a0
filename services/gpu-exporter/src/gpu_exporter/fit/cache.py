"""How many bytes the layers of a model keep: the key-value cache and recurrent states. Pure.

Source: llama.cpp, src/llama-kv-cache.cpp, llama-kv-cache-iswa.cpp, llama-memory-recurrent.cpp.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from gpu_exporter.fit.layers import Layer

BYTES_PER_VALUE: Mapping[str, float] = {
    "f32": 4.0,
    "f16": 2.0,
    "bf16": 2.0,
    "q8_0": 34 / 32,
    "q5_1": 24 / 32,
    "q5_0": 22 / 32,
    "q4_1": 20 / 32,
    "q4_0": 18 / 32,
    "iq4_nl": 18 / 32,
}
"""Types of a cache, by llama.cpp's names: blocks of 32 values have a scale beside them."""

F16 = "f16"

_STEP_TOKENS = 256
_STATE_BYTES = 4


@dataclass(frozen=True, slots=True)
class CacheTypes:
    """The types of keys and of values."""

    keys: str = F16
    values: str = F16

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Of `q8_0`, or `q8_0/f16` where they differ; None for what is no type."""
        keys, _, values = text.partition("/")
        values = values or keys
        return cls(keys, values) if {keys, values} <= BYTES_PER_VALUE.keys() else None

    def __str__(self) -> str:
        return self.keys if self.keys == self.values else f"{self.keys}/{self.values}"


@dataclass(frozen=True, slots=True)
class Slots:
    """How a model runs: so many requests at a time, each with so long a context.

    `batch_tokens` is how much of a prompt is computed at once.
    """

    context_tokens: int
    parallel: int = 1
    batch_tokens: int = 512

    @property
    def cells(self) -> int:
        """The places of one request's cache: whole steps."""
        return _whole_steps(self.context_tokens)

    @property
    def total_tokens(self) -> int:
        """The context of all requests together."""
        return self.context_tokens * self.parallel


@dataclass(frozen=True, slots=True)
class Kept:
    """What layers keep. Units: bytes."""

    cache: int
    states: int


def window_cells(window_tokens: int, slots: Slots) -> int:
    """The places of a layer that sees a window: the window and a batch, never more than all."""
    return _whole_steps(min(slots.cells, window_tokens + slots.batch_tokens))


def kept(
    layers: Sequence[Layer], slots: Slots, types: CacheTypes, window: int | None = None
) -> Kept:
    """What all layers keep together.

    `window`: the tokens that layers keep of which it is not known whether they have a window; None:
    they keep all.
    """
    cache = sum(_cache(layer, slots, types, window) for layer in layers)
    states = sum(layer.state_values for layer in layers) * _STATE_BYTES * slots.parallel
    return Kept(cache, states)


def _cache(layer: Layer, slots: Slots, types: CacheTypes, window: int | None) -> int:
    seen = layer.window_tokens or (window if layer.may_have_window else None)
    cells = slots.cells if seen is None else window_cells(seen, slots)
    a_cell = layer.key_values * BYTES_PER_VALUE[types.keys]
    a_cell += layer.value_values * BYTES_PER_VALUE[types.values]
    return round(a_cell * cells * slots.parallel)


def _whole_steps(tokens: int) -> int:
    return -(-tokens // _STEP_TOKENS) * _STEP_TOKENS
