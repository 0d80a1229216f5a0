"""Which models have which weights, and what contexts they were made for: asked of Ollama once for
each that is loaded.

Ollama lists models by the digest of their manifest; what runs names the file of weights.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ollama_observe.metrics.metric import OTHER
from ollama_observe.wire.loaded import LoadedModel
from ollama_observe.wire.models import NAME_LIMIT_CHARACTERS

MODELS_LIMIT = 200
"""Models that are remembered; the one that was loaded longest ago is forgotten."""

_QUESTIONS_A_TURN = 4
_ASK_AGAIN_SECONDS = 300.0
"""After an answer that did not say."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What Ollama says of a model. `weights` is as ollama_observe.wire.weights has it, empty where
    it is not said; `trained_tokens` the longest context it was made for, None where not said.
    """

    weights: str = ""
    trained_tokens: int | None = None


Ask = Callable[[str], Shown]
"""Asks what a model is, by its name."""


class Blobs:
    """What the models are that were seen loaded. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown: dict[tuple[str, str], Shown] = {}
        """By name and digest; the latest loaded last."""
        self._asked_at: dict[tuple[str, str], float] = {}

    def learn(self, models: Sequence[LoadedModel], ask: Ask) -> None:
        """Ask for what is not known, some models at a time; whatever `ask` raises ends it."""
        left = _QUESTIONS_A_TURN
        for model in models[:MODELS_LIMIT]:
            key = (model.name, model.digest)
            self._shown[key] = self._shown.pop(key, Shown())
            if left and self._is_due(key):
                left -= 1
                self._shown[key] = ask(model.name)
                self._asked_at[key] = self._clock()
        self._forget()

    def names(self, models: Sequence[LoadedModel]) -> Mapping[str, str]:
        """Names of models by weights: of those that are loaded, else of those that were.

        Several names of one file are joined by `+`.
        """
        loaded = {model.name for model in models}
        of_weights: defaultdict[str, set[str]] = defaultdict(set)
        for (name, _), shown in self._shown.items():
            of_weights[shown.weights].add(name)
        found = {name: name for name in loaded}  # MLX names the model itself
        for weights, names in of_weights.items():
            if weights:
                found[weights] = _joined(names & loaded or names)
        return found

    def trained(self, models: Sequence[LoadedModel]) -> Mapping[str, int]:
        """The longest context of each of these that said so, in tokens, by name."""
        found = {model.name: self._shown.get((model.name, model.digest)) for model in models}
        return {
            name: shown.trained_tokens
            for name, shown in found.items()
            if shown is not None and shown.trained_tokens is not None
        }

    def _is_due(self, key: tuple[str, str]) -> bool:
        asked_at = self._asked_at.get(key)
        if self._shown[key].weights:
            return False
        return asked_at is None or self._clock() - asked_at >= _ASK_AGAIN_SECONDS

    def _forget(self) -> None:
        for key in list(self._shown)[:-MODELS_LIMIT]:
            del self._shown[key]
            self._asked_at.pop(key, None)


def _joined(names: set[str]) -> str:
    joined = "+".join(sorted(names))
    return joined if len(joined) <= NAME_LIMIT_CHARACTERS else OTHER
