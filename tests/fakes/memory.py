"""What the scripted Ollama has loaded, as /api/ps tells it.

Source: Ollama server/routes.go (PsHandler) and the capture ps.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.fakes.library import SIZE_BYTES, Library
from tests.fakes.turn import Model

_KEEP_ALIVE = timedelta(minutes=5)


@dataclass(slots=True)
class Memory:
    """The loaded models. A model that is asked something is loaded, and stays."""

    rivals: frozenset[str] = frozenset()
    """Models that do not fit beside each other: one that is used pushes the others out."""
    gpu_ratios: dict[str, float] = field(default_factory=dict)
    """The share of a model that is on a card; all of it where nothing is said."""
    loaded: list[str] = field(default_factory=list)
    """In the order in which they came."""

    def use(self, name: str) -> bool:
        """A model is asked something; whether it had to be loaded for that."""
        pushed_out = self.rivals - {name} if name in self.rivals else frozenset()
        was_there = name in self.loaded
        self.loaded = [other for other in self.loaded if other not in pushed_out]
        if not was_there:
            self.loaded.append(name)
        return not was_there

    def drop(self, name: str) -> None:
        """Unload a model, if it is loaded."""
        self.loaded = [other for other in self.loaded if other != name]

    def entry(self, library: Library, model: Model, name: str) -> dict[str, object]:
        """A loaded model as /api/ps lists it."""
        on_card = round(SIZE_BYTES * self.gpu_ratios.get(name, 1.0))
        expires_at = (datetime.now(UTC) + _KEEP_ALIVE).isoformat()
        return library.entry(name) | {
            "size_vram": on_card,
            "context_length": model.context_tokens,
            "expires_at": expires_at,
        }
