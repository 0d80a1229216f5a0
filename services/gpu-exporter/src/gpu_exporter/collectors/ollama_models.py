"""The models that Ollama has on disk."""

from collections.abc import Iterator, Sequence

from gpu_exporter.board import Fact, recent
from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.http import NoAnswerError
from gpu_exporter.ollama.client import OllamaClient
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import exporter
from ollama_observe.metrics.catalogue import ollama as m
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.installed import InstalledModel

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

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        board, settings, now = self._context.board, self._context.settings, self._context.clock()
        loaded = {model.name for model in recent(board.loaded, now) or ()}
        with board.losing("installed"):
            models = self._latest(loaded, now)
        shown = select(models, loaded, settings.model_label_limit)
        names = tuple(model.name for model in shown)
        board.installed = Fact.regular(now, names, settings.ollama_interval_seconds)
        yield Reading(m.MODELS, len(models))
        yield Reading(exporter.DROPPED_MODELS, len(models) - len(shown))
        for model in shown:
            yield from _shown(model)

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
    """The models that have series: the loaded ones, and the first others up to a limit."""
    left = limit - sum(model.name in loaded for model in models)
    shown = []
    for model in models:
        if model.name not in loaded:
            left -= 1
            if left < 0:
                continue
        shown.append(model)
    return shown


def _shown(model: InstalledModel) -> Iterator[Reading]:
    yield from one(m.SIZE, model.size_bytes, model.name)
    digest = model.digest[:_DIGEST_DIGITS]
    described = (model.family, model.parameter_size, model.quantization)
    yield Reading(m.MODEL_INFO, 1, (model.name, digest, *described))
