"""Model names as label values: bounded, and nothing that a client can invent."""

from collections.abc import Callable

from ollama_observe.wire.models import normalise_model

OTHER = "other"
NONE = "none"
"""For routes whose requests name no model."""


class ModelLabels:
    """The model names that the upstream has answered for, up to a limit."""

    def __init__(self, limit: int, on_overflow: Callable[[], None]) -> None:
        self._limit = limit
        self._on_overflow = on_overflow
        self._admitted: set[str] = set()

    def known(self, model: str | None) -> str:
        """The label of a model that was admitted before, else `other`."""
        name = normalise_model(model or "")
        return name if name in self._admitted else OTHER

    def admit(self, model: str | None) -> str:
        """The label of a model that the upstream has just answered 2xx for."""
        name = normalise_model(model or "")
        if name in self._admitted:
            return name
        if not name:
            return OTHER
        if len(self._admitted) >= self._limit:
            self._on_overflow()
            return OTHER
        self._admitted.add(name)
        return name
