"""How long requests of each model keep their slot, as far as it was seen."""

MOST_MODELS = 512
_WEIGHT = 0.2
"""Of the latest one: ten are enough to forget what was before."""
UNKNOWN_SECONDS = 5.0
"""What one is taken to need of whose model none has ended."""


class Paces:
    """Moving means by model. Names are clients' own: the latest so many are remembered."""

    def __init__(self) -> None:
        self._means: dict[str, float] = {}

    def learn(self, model: str, seconds: float) -> None:
        """A request kept its slot for so long."""
        mean = self._means.pop(model, None)
        if mean is None and len(self._means) >= MOST_MODELS:
            del self._means[next(iter(self._means))]
        self._means[model] = seconds if mean is None else mean + _WEIGHT * (seconds - mean)

    def of(self, model: str) -> float | None:
        """The mean of a model's requests, in seconds; None where none has ended."""
        return self._means.get(model)

    def assumed(self, model: str) -> float:
        """The same; UNKNOWN_SECONDS where none has ended."""
        return self._means.get(model, UNKNOWN_SECONDS)
