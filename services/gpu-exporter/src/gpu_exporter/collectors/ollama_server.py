"""What Ollama has loaded, and which models came and went.

That Ollama does not answer is a reading like any other; that something else answers in its place
is a failure. What was counted stays, either way.
"""

from collections.abc import Iterator, Sequence

import structlog

from gpu_exporter.board import Fact, recent
from gpu_exporter.collector import Context
from gpu_exporter.errors import Incomplete
from gpu_exporter.gpu import Gpu
from gpu_exporter.http import HttpError, NoAnswerError, WrongAnswerError
from gpu_exporter.journal import News
from gpu_exporter.ollama.blobs import Blobs, Shown
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
        self._news = News(context.clock)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def collect(self) -> Iterator[Reading]:
        """See Collector. What was pinned to the board is taken off where Ollama does not tell."""
        until = self._client.deadline()
        failure: HttpError | None = None
        try:
            with self._context.board.losing("loaded"):
                models = self._ask(until)
        except HttpError as error:
            failure = error
            self._lose(error)
            yield Reading(m.UP, 0)
        else:
            yield Reading(m.UP, 1)
            yield from self._found(models, until)
        yield from self._history()
        if isinstance(failure, WrongAnswerError):
            raise Incomplete(str(failure)) from failure

    def _ask(self, until: float) -> Sequence[LoadedModel]:
        """The loaded models, those that are counted by name first."""
        loaded = self._client.loaded(until)
        now, residency = self._context.clock(), self._residency
        # expiry times are by Ollama's own clock
        told = loaded.unix_seconds
        unix_seconds = self._context.wall_clock() if told is None else told
        residency.add(Seen(now, unix_seconds, loaded.models, self._room()))
        models = sorted(loaded.models, key=lambda model: not residency.has_place(model.name))
        self._context.board.loaded = Fact.regular(now, tuple(models), self._interval_seconds)
        return models

    def _found(self, models: Sequence[LoadedModel], until: float) -> Iterator[Reading]:
        yield from self._info(until)
        yield Reading(m.LOADED, len(models))
        shown = models[: self._context.settings.model_label_limit]
        for model in shown:
            yield from _loaded(model)
        self._learn(shown, until)

    def _room(self) -> float | None:
        """The memory that is free on the cards that tell; None where none does."""
        if self._context.settings.ollama_elsewhere:
            return None
        free = [told for gpu in self._gpus() if (told := _free_bytes(gpu)) is not None]
        return sum(free) if free else None

    def _gpus(self) -> Sequence[Gpu]:
        return recent(self._context.board.gpus, self._context.clock()) or ()

    def _info(self, until: float) -> Iterator[Reading]:
        version = recent(self._context.board.version, self._context.clock())
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
        self._context.board.version = Fact(now, version, now + _VERSION_SECONDS)
        return version

    def _learn(self, models: Sequence[LoadedModel], until: float) -> None:
        """Find out which weights the models have, where somebody can use that."""
        board, now = self._context.board, self._context.clock()
        if not self._are_processes_seen(now):
            board.names_by_weights = board.trained_tokens = None
            return

        def ask(name: str) -> Shown:
            try:
                return self._client.shown(name, until)
            except WrongAnswerError:  # as for a model that was deleted while it is loaded
                return Shown()

        try:
            self._blobs.learn(models, ask)
        except NoAnswerError as error:
            _log.debug("weights_not_told", detail=str(error))
        now, blobs = self._context.clock(), self._blobs
        board.names_by_weights = Fact.regular(now, blobs.names(models), self._interval_seconds)
        board.trained_tokens = Fact.regular(now, blobs.trained(models), self._interval_seconds)

    def _are_processes_seen(self, now: float) -> bool:
        """Whether there are any whose models may be asked for: of a card's, or of Ollama's."""
        if self._context.settings.ollama_elsewhere:
            return False
        is_card_telling = any(gpu.processes is not None for gpu in self._gpus())
        runners = recent(self._context.board.runners, now)
        return is_card_telling or bool(runners)

    def _lose(self, error: HttpError) -> None:
        self._residency.lose()
        self._context.board.version = None
        # a wrong answer is a failure of the collector, which has its own line
        if isinstance(error, NoAnswerError) and self._news.is_news("lost"):
            _log.warning("ollama_lost", detail=str(error))

    def _history(self) -> Iterator[Reading]:
        installed = recent(self._context.board.installed, self._context.clock())
        # a series that begins with 1 tells `increase()` nothing
        for name in self._residency.counted(installed or ()):
            yield Reading(m.LOADS, self._residency.loads[name], (name,))
        for name in self._residency.models:
            for reason in Reason:
                yield Reading(m.UNLOADS, self._residency.unloads[name, reason], (name, reason))
            for cause in Cause:
                yield Reading(m.EVICTIONS, self._residency.evictions[name, cause], (name, cause))


def _free_bytes(gpu: Gpu) -> float | None:
    """What is free of a card's own memory: the machine's that it shares is not its room alone."""
    return None if gpu.unified_memory else gpu.memory_free_bytes


def _loaded(model: LoadedModel) -> Iterator[Reading]:
    yield from one(m.MEMORY, model.memory_bytes, model.name)
    yield from one(m.VRAM, model.vram_bytes, model.name)
    yield from one(m.SPILL, model.spill_bytes, model.name)
    yield from one(m.GPU_RATIO, model.gpu_ratio, model.name)
    yield from one(m.CONTEXT, model.context_tokens, model.name)
    yield from one(m.EXPIRY, model.expires_at, model.name)
