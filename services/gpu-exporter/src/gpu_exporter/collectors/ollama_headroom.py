"""How much memory a model could have now, and how much others would give back."""

from collections.abc import Callable, Iterator

from gpu_exporter.board import recent
from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.fit.answer import HeadRoom, Seen, head_room
from gpu_exporter.fit.asking import HostMemory, host_memory
from gpu_exporter.ollama.absence import ROOM_ELSEWHERE, silence
from gpu_exporter.reading import Reading
from ollama_observe.metrics.catalogue import headroom as m
from ollama_observe.metrics.metric import Metric

CARDS, HOST = "cards", "host"


class OllamaHeadroom:
    """Asks nobody; to run after OllamaServer, which says what is loaded, in its lane."""

    name = "ollama_headroom"
    metrics: tuple[Metric, ...] = m.METRICS

    def __init__(self, context: Context, memory: Callable[[], HostMemory] = host_memory) -> None:
        self._context = context
        self._memory = memory

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        found = self._found()
        machine = found.machine
        if machine.cards:
            yield Reading(m.ROOM, sum(card.room for card in machine.cards), (CARDS,))
        if machine.host is not None:
            yield Reading(m.ROOM, machine.host.room, (HOST,))
        for metric, stays in ((m.EXPIRING, False), (m.PINNED, True)):
            those = [one for one in found.residents if (one.frees_at is None) is stays]
            yield Reading(metric, sum(one.on_cards for one in those), (CARDS,))
            yield Reading(metric, sum(one.on_host for one in those), (HOST,))

    def _found(self) -> HeadRoom:
        """What is known. Raises: Unavailable where that is nothing of this machine's Ollama."""
        context = self._context
        board, now, settings = context.board, context.clock(), context.settings
        if settings.ollama_elsewhere:
            raise Unavailable(ROOM_ELSEWHERE)
        loaded = recent(board.loaded, now)
        if loaded is None:
            raise Unavailable(silence(settings.ollama_url))
        memory = self._memory()
        return head_room(
            Seen(
                loaded=loaded,
                gpus=recent(board.gpus, now) or (),
                host_available=memory.available,
                host_total=memory.total,
                unix_seconds=context.wall_clock(),
                version=recent(board.version, now) or "",
                configuration=recent(board.configuration, now),
            )
        )
