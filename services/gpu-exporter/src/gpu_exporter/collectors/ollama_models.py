"""The models that Ollama has on disk."""

from collections.abc import Iterator, Sequence

from gpu_exporter.board import Fact, recent
from gpu_exporter.collector import Context
from gpu_exporter.collectors.ollama_server import OllamaServer
from gpu_exporter.errors import Unavailable
from gpu_exporter.http import NoAnswerError
from gpu_exporter.ollama.absence import silence
from gpu_exporter.ollama.client import OllamaClient
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import exporter
from ollama_observe.metrics.catalogue import ollama as m
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.installed import InstalledModel
from ollama_observe.wire.locations import Location

ASK_SECONDS = 30.0
"""To list its models, Ollama reads a file of each: they are asked for less often than read."""

_DIGEST_DIGITS = 12


class OllamaModels:
    """Reads the list of models; those modified last have series of their own."""

    name = "ollama_models"
    metrics: tuple[Metric, ...] = (m.MODELS, m.SIZE, m.MODEL_INFO, exporter.DROPPED_MODELS)

    def __init__(self, context: Context, client: OllamaClient | None = None) -> None:
        self._context = context
        self._client = client or OllamaClient(context.settings.ollama_url)
        self._models: Fact[Sequence[InstalledModel]] | None = None
        self._is_led = OllamaServer.name not in context.settings.left_out
        """Whether it is known from the board that Ollama answers."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        board, settings, now = self._context.board, self._context.settings, self._context.clock()
        limit = settings.model_label_limit
        with board.losing("installed"):
            loaded = self._loaded(now)
            models = self._latest(set(loaded), now)
        shown = select(models, set(loaded[:limit]), limit)
        names = tuple(model.name for model in shown)
        here = tuple(model.name for model in shown if model.location is Location.LOCAL)
        board.installed = Fact.regular(now, here, settings.ollama_interval_seconds)
        known = {model.name for model in models}.union(loaded)
        yield Reading(m.MODELS, len(models))
        yield Reading(exporter.DROPPED_MODELS, len(known.difference(names, loaded[:limit])))
        for model in shown:
            yield from _shown(model)

    def _loaded(self, now: float) -> Sequence[str]:
        """The names of the loaded models, those that have series first."""
        loaded = recent(self._context.board.loaded, now)
        if loaded is None and self._is_led:
            self._models = None
            raise Unavailable(silence(self._client.address))
        return [model.name for model in loaded or ()]

    def _latest(self, loaded: set[str], now: float) -> Sequence[InstalledModel]:
        models = recent(self._models, now)
        if models is None or not loaded <= {model.name for model in models}:
            self._models = None
            models = self._ask()
            self._models = Fact(now, models, now + ASK_SECONDS)
        return models

    def _ask(self) -> Sequence[InstalledModel]:
        try:
            return self._client.installed(self._client.deadline())
        except NoAnswerError as error:
            raise Unavailable(str(error)) from error


def select(
    models: Sequence[InstalledModel], loaded: set[str], limit: int
) -> Sequence[InstalledModel]:
    """The models that have series, up to a limit: the loaded ones, then the first others."""
    preferred = sorted(models, key=lambda model: model.name not in loaded)
    names = {model.name for model in preferred[:limit]}
    return [model for model in models if model.name in names]


def _shown(model: InstalledModel) -> Iterator[Reading]:
    yield from one(m.SIZE, model.size_bytes, model.name)
    digest = model.digest[:_DIGEST_DIGITS]
    described = (model.family, model.parameter_size, model.quantization, model.location)
    yield Reading(m.MODEL_INFO, 1, (model.name, digest, *described))
