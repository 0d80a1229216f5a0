"""The loaded models: what each holds, and when it gives that back by itself. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ollama_observe.wire.loaded import LoadedModel


@dataclass(frozen=True, slots=True)
class Resident:
    """A loaded model. Units: bytes; `frees_at` is Unix time in seconds by Ollama's clock.

    `frees_at` None: it stays until somebody says otherwise, or Ollama needs the room.
    """

    name: str
    on_cards: int
    on_host: int
    context_tokens: int | None
    frees_at: float | None

    @property
    def memory(self) -> int:
        """All that it holds."""
        return self.on_cards + self.on_host


def residents_of(models: Sequence[LoadedModel]) -> list[Resident]:
    """The loaded models, those first that go first, and last those that stay."""
    found = [
        Resident(
            model.name,
            model.vram_bytes or 0,
            max(0, (model.memory_bytes or 0) - (model.vram_bytes or 0)),
            model.context_tokens,
            model.expires_at,
        )
        for model in models
    ]
    return sorted(found, key=lambda one: (one.frees_at is None, one.frees_at or 0.0, one.name))


@dataclass(frozen=True, slots=True)
class Freeing:
    """What is free, by itself, from an instant on: all that went until then together."""

    model: str
    at: float
    on_cards: int
    on_host: int


def freeings(residents: Sequence[Resident]) -> list[Freeing]:
    """What frees itself when, in order."""
    found, on_cards, on_host = list[Freeing](), 0, 0
    for one in residents:
        if one.frees_at is not None:
            on_cards, on_host = on_cards + one.on_cards, on_host + one.on_host
            found.append(Freeing(one.name, one.frees_at, on_cards, on_host))
    return found
