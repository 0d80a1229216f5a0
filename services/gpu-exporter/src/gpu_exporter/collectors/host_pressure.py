"""How long the machine's tasks waited for what they needed. Linux only; a container sees it too."""

from collections.abc import Iterator
from pathlib import Path

from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine import psi
from gpu_exporter.machine.files import read_text
from gpu_exporter.reading import Reading
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric

RESOURCES = ("cpu", "memory", "io", "irq")
_MEANINGLESS = ("cpu", "full")
"""Not all tasks can wait for a CPU: one runs. The kernel writes 0, for old readers' sake."""


class HostPressure:
    """Reads the pressure stall information."""

    name = "host_pressure"
    metrics: tuple[Metric, ...] = (m.PRESSURE,)

    def __init__(self, context: Context) -> None:
        self._folder: Path = context.settings.host_proc / "pressure"

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        texts = {resource: read_text(self._folder / resource) for resource in RESOURCES}
        if not any(texts.values()):
            raise Unavailable(
                f"no pressure in {self._folder}: this system does not count it, or not unless its "
                "kernel is started with psi=1"
            )
        for resource, text in texts.items():
            for kind, seconds in psi.parse(text or "").items():
                if (resource, kind) != _MEANINGLESS:
                    yield Reading(m.PRESSURE, seconds, (resource, kind))
