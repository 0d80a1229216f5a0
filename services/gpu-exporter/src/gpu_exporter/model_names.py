"""Which models have series of their own: the first so many; all further ones are `other`."""

from collections.abc import Iterator

from ollama_observe.metrics.metric import OTHER, UNNAMED


class ModelNames:
    """The names that were admitted, `limit` at most; none is taken back."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: set[str] = set()

    def admit(self, name: str) -> bool:
        """Give a model a place if there is one; whether it has it from now on."""
        if not name or name in UNNAMED or name in self._names or len(self._names) >= self._limit:
            return False
        self._names.add(name)
        return True

    def label(self, name: str) -> str:
        """The name that a model's series have."""
        return name if name in self._names or name in UNNAMED else OTHER

    @property
    def left(self) -> int:
        """Places that no model has."""
        return self._limit - len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))
