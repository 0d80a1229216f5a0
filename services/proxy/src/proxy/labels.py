"""Label values that clients have a say in: bounded, and nothing that they can invent."""

from collections.abc import Callable

from ollama_observe.metrics.metric import OTHER
from ollama_observe.wire.models import normalise_model

_SPELLINGS_PER_MODEL = 8


class BoundedLabels:
    """The values that were let in, up to a limit. `on_new` is told each, once."""

    def __init__(
        self,
        limit: int,
        on_overflow: Callable[[], None],
        on_new: Callable[[str], None] = lambda _label: None,
    ) -> None:
        self.limit = limit
        self._on_overflow = on_overflow
        self._on_new = on_new
        self._admitted: set[str] = set()

    def known(self, value: str) -> str:
        """`value` if it was admitted before, else `other`."""
        return value if value in self._admitted else OTHER

    def admit(self, value: str) -> str:
        """`value`, let in if there is room; else `other`, counted as an overflow."""
        if value in self._admitted:
            return value
        if len(self._admitted) >= self.limit:
            self._on_overflow()
            return OTHER
        self._admitted.add(value)
        self._on_new(value)
        return value


class ModelLabels:
    """The models that the upstream has answered for, in one spelling, within `labels`."""

    def __init__(self, labels: BoundedLabels) -> None:
        self._labels = labels
        self._spellings: dict[str, str] = {}
        """Names as clients write them, to labels: only of admitted models, and not without end."""
        self._most_spellings = labels.limit * _SPELLINGS_PER_MODEL

    def known(self, model: str | None) -> str:
        """The label of a model that was admitted before, else `other`."""
        if model is None:
            return OTHER
        return self._spellings.get(model) or self._labels.known(normalise_model(model))

    def admit(self, model: str | None) -> str:
        """The label of a model that the upstream has just answered 2xx for."""
        if model is None:
            return OTHER
        label = self._spellings.get(model)
        if label is not None:
            return label
        name = normalise_model(model)
        label = self._labels.admit(name) if name else OTHER
        if label != OTHER and len(self._spellings) < self._most_spellings:
            self._spellings[model] = label
        return label
