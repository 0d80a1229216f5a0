"""What Ollama has loaded, and which models came and went.

That Ollama does not answer is a reading like any other. What was counted stays.
"""

from collections.abc import Iterator, Sequence

import structlog

from gpu_exporter.board import Fact, recent
from gpu_exporter.collector import Context
from gpu_exporter.gpu import Gpu
from gpu_exporter.http import HttpError, NoAnswerError, WrongAnswerError
from gpu_exporter.journal import News
from gpu_exporter.ollama.blobs import Blobs
from gpu_exporter.ollama.client import OllamaClient
from gpu_exporter.ollama.residency import Cause, Reason, Residency, Seen
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import ollama as m
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.loaded import LoadedModel

_log = structlog.stdlib.get_logger(__name__)

_VERSION_SECONDS = 60.0
"""How long a version is believed: another one needs a restart, which may go unseen."""


class OllamaServer:
    """Asks Ollama what it has loaded, pins that to the board, and counts what came and went."""

    name = "ollama_server"
    metrics: tuple[Metric, ...] = (
        *(m.UP, m.INFO, m.LOADED, m.MEMORY, m.VRAM, m.SPILL, m.GPU_RATIO, m.CONTEXT, m.EXPIRY),
        *(m.LOADS, m.UNLOADS, m.EVICTIONS),
    )

    def __init__(self, context: Context, client: OllamaClient | None = None) -> None:
        self._context = context
        self._client = client or OllamaClient(context.settings.ollama_url)
        self._interval_seconds = context.settings.ollama_interval_seconds
        self._residency = Residency(context.settings.model_label_limit)
        self._blobs = Blobs(context.clock)
        self._version: Fact[str] | None = None
        self._news = News(context.clock)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def collect(self) -> Iterator[Reading]:
        """See Collector. What was pinned to the board is taken off where Ollama does not tell."""
        until = self._client.deadline()
        try:
            with self._context.board.losing("loaded"):
                models = self._ask(until)
        except HttpError as error:
            self._lose(error)
            yield Reading(m.UP, 0)
        else:
            yield Reading(m.UP, 1)
            yield from self._info(until)
            yield Reading(m.LOADED, len(models))
            for model in models:
                yield from _loaded(model)
            self._learn(models, until)
        yield from self._history()

    def _ask(self, until: float) -> Sequence[LoadedModel]:
        loaded = self._client.loaded(until)
        now, models = self._context.clock(), loaded.models
        self._context.board.loaded = Fact.regular(now, models, self._interval_seconds)
        # expiry times are by Ollama's own clock
        told = loaded.unix_seconds
        unix_seconds = self._context.wall_clock() if told is None else told
        self._residency.add(Seen(now, unix_seconds, models, self._room()))
        return models

    def _room(self) -> float | None:
        """The memory that is free on the cards that tell; None where none does."""
        free = [told for gpu in self._gpus() if (told := _free_bytes(gpu)) is not None]
        return sum(free) if free else None

    def _gpus(self) -> Sequence[Gpu]:
        return recent(self._context.board.gpus, self._context.clock()) or ()

    def _info(self, until: float) -> Iterator[Reading]:
        version = recent(self._version, self._context.clock())
        version = version or self._ask_version(until)
        if version:
            yield Reading(m.INFO, 1, (version,))
        if self._news.is_news("found"):
            _log.info("ollama_found", version=version, address=self._client.address)

    def _ask_version(self, until: float) -> str:
        try:
            version = self._client.version(until)
        except HttpError:
            return ""
        now = self._context.clock()
        self._version = Fact(now, version, now + _VERSION_SECONDS)
        return version

    def _learn(self, models: Sequence[LoadedModel], until: float) -> None:
        """Find out which weights the models have, where somebody can use that."""
        board = self._context.board
        if all(gpu.processes is None for gpu in self._gpus()):
            board.names_by_weights = None
            return

        def ask(name: str) -> str:
            try:
                return self._client.weights(name, until)
            except WrongAnswerError:  # as for a model that was deleted while it is loaded
                return ""

        try:
            self._blobs.learn(models, ask)
        except NoAnswerError as error:
            _log.debug("weights_not_told", detail=str(error))
        now, names = self._context.clock(), self._blobs.names(models)
        board.names_by_weights = Fact.regular(now, names, self._interval_seconds)

    def _lose(self, error: HttpError) -> None:
        self._residency.lose()
        self._version = None
        is_wrong = isinstance(error, WrongAnswerError)
        event = "ollama_answered_wrongly" if is_wrong else "ollama_lost"
        if self._news.is_news(event):
            _log.warning(event, detail=str(error))

    def _history(self) -> Iterator[Reading]:
        installed = recent(self._context.board.installed, self._context.clock())
        loads = self._residency.loads
        # a series that begins with 1 tells `increase()` nothing
        for name in dict.fromkeys([*self._residency.models, *(installed or ())]):
            yield Reading(m.LOADS, loads[name], (name,))
        for name in self._residency.models:
            for reason in Reason:
                yield Reading(m.UNLOADS, self._residency.unloads[name, reason], (name, reason))
            for cause in Cause:
                yield Reading(m.EVICTIONS, self._residency.evictions[name, cause], (name, cause))


def _free_bytes(gpu: Gpu) -> float | None:
    if gpu.memory_free_bytes is not None:
        return gpu.memory_free_bytes
    if gpu.memory_total_bytes is None or gpu.memory_used_bytes is None:
        return None
    return gpu.memory_total_bytes - gpu.memory_used_bytes


def _loaded(model: LoadedModel) -> Iterator[Reading]:
    yield from one(m.MEMORY, model.memory_bytes, model.name)
    yield from one(m.VRAM, model.vram_bytes, model.name)
    yield from one(m.SPILL, model.spill_bytes, model.name)
    yield from one(m.GPU_RATIO, model.gpu_ratio, model.name)
    yield from one(m.CONTEXT, model.context_tokens, model.name)
    yield from one(m.EXPIRY, model.expires_at, model.name)
