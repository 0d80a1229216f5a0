"""Who holds the memory of the cards: Ollama's runners by model, and others."""

from collections.abc import Iterator, Sequence

from gpu_exporter.board import recent
from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Gpu
from gpu_exporter.ollama import attribution
from gpu_exporter.ollama.attribution import Level
from gpu_exporter.ollama.runners import holder, sees_all
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import gpu as m
from ollama_observe.metrics.catalogue.ollama import ATTRIBUTION_LEVEL
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.loaded import LoadedModel


class GpuProcesses:
    """Sums up the processes of the cards that were read; to run after them, in their lane."""

    name = "gpu_processes"
    metrics: tuple[Metric, ...] = (
        m.PROCESS_MEMORY,
        m.PROCESSES,
        m.MEMORY_UNATTRIBUTED,
        ATTRIBUTION_LEVEL,
    )

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        board, now = self._context.board, self._context.clock()
        gpus = recent(board.gpus, now) or ()
        models = recent(board.loaded, now)
        if not gpus and models is None:
            raise Unavailable("no card was read, and no Ollama answers")
        holders = self._holders(gpus)
        seen = attribution.seen_cards(gpus, holders, sees_all(self._context.settings.host_proc))
        if models is not None:
            yield from self._attributed(gpus, seen, models)
        for (card, role), count in attribution.counts(seen, holders).items():
            yield Reading(m.PROCESSES, count, (*card, role))
        names = recent(board.names_by_weights, now) or {}
        for share in attribution.shares(seen, holders, names):
            labels = (*share.card, share.role, share.model)
            yield Reading(m.PROCESS_MEMORY, share.memory_bytes, labels)

    def _attributed(
        self, gpus: Sequence[Gpu], seen: Sequence[Gpu], models: Sequence[LoadedModel]
    ) -> Iterator[Reading]:
        # cards that Ollama cannot use say nothing of its models
        usable = () if self._context.settings.ollama_elsewhere else gpus
        level = attribution.level(usable, seen)
        yield Reading(ATTRIBUTION_LEVEL, level)
        if level >= Level.MEASURED:
            unattributed = attribution.unattributed_bytes(usable, models)
            yield from one(m.MEMORY_UNATTRIBUTED, unattributed)

    def _holders(self, gpus: Sequence[Gpu]) -> attribution.Holders:
        proc = self._context.settings.host_proc
        pids = {process.pid for gpu in gpus for process in gpu.processes or ()}
        return {pid: holder(proc, pid) for pid in pids}
