"""What Ollama has loaded, and which models came and went.

That Ollama does not answer is a reading like any other. What was counted stays.
"""

from collections.abc import Iterator, Sequence

import structlog

from gpu_exporter.board import Fact, believed_seconds, recent
from gpu_exporter.collector import Context
from gpu_exporter.gpu import Gpu
from gpu_exporter.ollama.blobs import Blobs
from gpu_exporter.ollama.client import (
    Answer,
    NoAnswerError,
    OllamaClient,
    OllamaError,
    WrongAnswerError,
)
from gpu_exporter.ollama.loaded import LoadedModel, gpu_ratio, spill_bytes
from gpu_exporter.ollama.residency import Cause, Reason, Residency, Seen
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import ollama as m
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.loaded import read_loaded
from ollama_observe.wire.version import version_in
from ollama_observe.wire.weights import weights_in

_log = structlog.stdlib.get_logger("gpu_exporter.ollama_server")

_VERSION_SECONDS = 60.0
"""How long a version is believed: another one needs a restart, which may go unseen."""

_PS = "/api/ps"


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
        self._residency = Residency(context.settings.model_label_limit)
        self._blobs = Blobs(context.clock)
        self._version: Fact[str] | None = None
        self._said = ""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def collect(self) -> Iterator[Reading]:
        """See Collector. What was pinned to the board is taken off where Ollama does not tell."""
        board = self._context.board
        until = self._client.deadline()
        try:
            answer, models = self._ask(until)
        except OllamaError as error:
            board.loaded = None
            self._lose(error)
            yield Reading(m.UP, 0)
        except BaseException:
            board.loaded = None
            raise
        else:
            now = self._context.clock()
            board.loaded = Fact(now, models)
            self._residency.add(Seen(now, self._unix_seconds(answer), models, self._room()))
            yield Reading(m.UP, 1)
            yield from self._info(until)
            yield Reading(m.LOADED, len(models))
            for model in models:
                yield from _loaded(model)
            self._learn(models, until)
        yield from self._history()

    def _ask(self, until: float) -> tuple[Answer, tuple[LoadedModel, ...]]:
        answer = self._client.ask(_PS, until)
        models = read_loaded(answer.body)
        if models is None:
            raise self._client.wrong("something else", _PS)
        return answer, tuple(models)

    def _unix_seconds(self, answer: Answer) -> float:
        """The time by Ollama's own clock: its expiry times are."""
        return self._context.wall_clock() if answer.date is None else answer.date

    def _room(self) -> float | None:
        """The memory that is free on the cards that tell; None where none does."""
        free = [told for gpu in self._gpus() if (told := _free_bytes(gpu)) is not None]
        return sum(free) if free else None

    def _gpus(self) -> Sequence[Gpu]:
        believed = believed_seconds(self._context.settings.gpu_interval_seconds)
        return recent(self._context.board.gpus, self._context.clock(), believed) or ()

    def _info(self, until: float) -> Iterator[Reading]:
        version = recent(self._version, self._context.clock(), _VERSION_SECONDS)
        version = version or self._ask_version(until)
        if version:
            yield Reading(m.INFO, 1, (version,))
        self._say("ollama_found", version=version, address=self._client.address)

    def _ask_version(self, until: float) -> str:
        try:
            version = version_in(self._client.ask("/api/version", until).body)
        except OllamaError:
            return ""
        self._version = Fact(self._context.clock(), version)
        return version

    def _learn(self, models: Sequence[LoadedModel], until: float) -> None:
        """Find out which weights the models have, where somebody can use that."""
        board = self._context.board
        if all(gpu.processes is None for gpu in self._gpus()):
            board.blobs = None
            return

        def ask(name: str) -> str:
            try:
                return weights_in(self._client.ask("/api/show", until, {"model": name}).body)
            except WrongAnswerError:  # as for a model that was deleted while it is loaded
                return ""

        try:
            self._blobs.learn(models, ask)
        except NoAnswerError as error:
            _log.debug("weights_not_told", detail=str(error))
        board.blobs = Fact(self._context.clock(), self._blobs.names(models))

    def _lose(self, error: OllamaError) -> None:
        self._residency.lose()
        self._version = None
        is_wrong = isinstance(error, WrongAnswerError)
        self._say("ollama_answered_wrongly" if is_wrong else "ollama_lost", detail=str(error))

    def _say(self, event: str, **fields: object) -> None:
        if event != self._said:
            self._said = event
            log = _log.info if event == "ollama_found" else _log.warning
            log(event, **fields)

    def _history(self) -> Iterator[Reading]:
        believed = believed_seconds(self._context.settings.ollama_interval_seconds)
        installed = recent(self._context.board.installed, self._context.clock(), believed)
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
    yield from one(m.SPILL, spill_bytes(model), model.name)
    yield from one(m.GPU_RATIO, gpu_ratio(model), model.name)
    yield from one(m.CONTEXT, model.context_tokens, model.name)
    yield from one(m.EXPIRY, model.expires_at, model.name)
