"""What Ollama is asked, and how its answers are read."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gpu_exporter.http import HttpClient
from gpu_exporter.ollama.blobs import Shown
from ollama_observe.wire.installed import InstalledModel, read_installed
from ollama_observe.wire.loaded import LoadedModel, read_loaded
from ollama_observe.wire.trained import trained_context_in
from ollama_observe.wire.version import version_in
from ollama_observe.wire.weights import weights_in

TURN_SECONDS = 3.0

_PS = "/api/ps"
_TAGS = "/api/tags"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The models that are loaded. `unix_seconds` by Ollama's clock; None: not told."""

    models: tuple[LoadedModel, ...]
    unix_seconds: float | None


class OllamaClient(HttpClient):
    """Asks an Ollama; every question raises HttpError, and takes until a deadline at most."""

    def __init__(
        self,
        url: str,
        turn_seconds: float = TURN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, "Ollama", turn_seconds, clock)

    def loaded(self, until: float) -> Loaded:
        """The models that are loaded now."""
        answer = self.ask(_PS, until)
        models = read_loaded(answer.body)
        if models is None:
            raise self.wrong("something else", _PS)
        return Loaded(tuple(models), answer.date)

    def installed(self, until: float) -> Sequence[InstalledModel]:
        """The models on disk, those modified last first."""
        models = read_installed(self.ask(_TAGS, until).body)
        if models is None:
            raise self.wrong("something else", _TAGS)
        return models

    def version(self, until: float) -> str:
        """Ollama's version; empty where it does not say."""
        return version_in(self.ask("/api/version", until).body)

    def shown(self, model: str, until: float) -> Shown:
        """What a model is made of."""
        body = self.ask("/api/show", until, {"model": model}).body
        return Shown(weights_in(body), trained_context_in(body))
