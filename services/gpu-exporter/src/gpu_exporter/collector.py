"""What collectors have in common. Which there are: gpu_exporter.registry."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from gpu_exporter.board import Board
from gpu_exporter.gpu import Backend
from gpu_exporter.reading import Reading
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.metrics.metric import Metric


@dataclass(frozen=True, slots=True)
class Context:
    """What a collector is made with.

    `clock` is monotonic, in seconds; `wall_clock` is Unix time in seconds.
    """

    settings: GpuExporterSettings
    board: Board
    backend: Backend
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time  # noqa: TID251 (timestamps, no intervals)


class Collector(Protocol):
    """Reads one subject. Called by one thread only, on an interval."""

    name: str

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What it publishes; nobody else does."""
        ...

    def collect(self) -> Iterable[Reading]:
        """What is to be read now.

        Raises: Unavailable where this machine has nothing of it; Incomplete, at the end, where
        a part of it failed; whatever else where it should have worked.
        """
        ...
