"""What Ollama itself reckons before it loads a model beside others. Pure.

It is coarser than what a model needs: the file's size, a key-value cache of f16 whatever its type
and whatever windows there are, and a lump for a large batch; and it loads beside others only where
that is at most four fifths of what it may take. Where it is more it unloads idle models first, one
after another. The first model is loaded in any case, and what does not fit goes to main memory.
Without a card nothing is reckoned: models are loaded, whether there is room or not.
Source: Ollama 0.33, server/llama_server_plan.go, server/sched.go, llm/llama_server.go
`PredictServerVRAM`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gpu_exporter.fit.cache import Slots
from gpu_exporter.fit.facts import ModelFacts
from gpu_exporter.fit.layers import Layer
from gpu_exporter.fit.places import MIB, Place

EMBEDDED = "+embedded"
"""What the embedded engine appends to the version of Ollama that it speaks for."""

USUAL_BATCH_TOKENS = 512

MODELS_PER_CARD = 3
"""OLLAMA_MAX_LOADED_MODELS, unless it is set: so many for each card, and without any."""
MODELS_OF_ENGINE = 1

_HEADROOM = 0.8
_BATCHES = ((2048, 2048 * MIB, 0.6), (1024, 768 * MIB, 0.75))
"""Batches larger than the usual one: the lump that is reckoned for each, and of what may be taken
the share that a model may have beside it."""
_F16_BYTES = 2
_SINCE = (0, 31)
_VERSION = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Units: bytes. `model` decides on which cards a model is put, `load` whether beside others."""

    model: int
    load: int

    def best_card(self, cards: Sequence[Place]) -> Place | None:
        """The one card that it would be put on; None: it would be spread over several."""
        fitting = [card for card in cards if self.model <= card.room]
        return max(fitting, key=lambda card: (not card.is_shared, card.room), default=None)

    def loads_beside(self, cards: Sequence[Place]) -> bool:
        """Whether it would be loaded while others stay."""
        return self.load <= self.may_take(cards)

    def may_take(self, cards: Sequence[Place]) -> float:
        """What it must not be more than, on the cards that it would be put on."""
        return _HEADROOM * self.room(cards)

    def room(self, cards: Sequence[Place]) -> float:
        """What may be taken of the cards that it would be put on."""
        best = self.best_card(cards)
        return sum(card.room for card in ([best] if best else cards))


def reckoning_of(
    facts: ModelFacts, size_bytes: int, slots: Slots, layers: Sequence[Layer] | None
) -> Reckoning:
    """What Ollama would reckon for a model."""
    heads, width = facts.number("attention.head_count"), facts.number("embedding_length")
    length = width // heads if width and heads else 0
    per_token = 2 * (facts.number("block_count") or 0) * _fewest_heads(facts, layers) * length
    model = size_bytes + per_token * _F16_BYTES * slots.total_tokens
    lump = 0
    if not facts.is_for_embeddings:
        lump = next((size for batch, size, _ in _BATCHES if slots.batch_tokens >= batch), 0)
    return Reckoning(model, model + lump)


def batch_beside(batch_tokens: int, model_bytes: int, room_bytes: float) -> int:
    """The batch that Ollama takes on a card where so much may be taken: a smaller one where a large
    one would leave too little.
    """
    for batch, lump, share in _BATCHES:
        left = _HEADROOM * room_bytes - model_bytes
        if batch_tokens >= batch and model_bytes <= share * room_bytes and lump <= left:
            return batch
    return min(batch_tokens, USUAL_BATCH_TOKENS)


def _fewest_heads(facts: ModelFacts, layers: Sequence[Layer] | None) -> int:
    """The key-value heads of the layer that has fewest; at least one."""
    told = facts.number("attention.head_count_kv")
    length = facts.number("attention.key_length")
    if told is None and layers and length:
        told = min((layer.key_values // length for layer in layers if layer.key_values), default=0)
    return told or facts.number("attention.head_count") or 1


def is_engine(version: str) -> bool:
    """Whether the embedded engine answers, which unloads by number and not by memory."""
    return version.endswith(EMBEDDED)


def is_known(version: str) -> bool:
    """Whether Ollama of this version decides as is written here; one without a number may."""
    match = _VERSION.match(version)
    found = (int(match[1]), int(match[2])) if match else (0, 0)
    return found == (0, 0) or found >= _SINCE
