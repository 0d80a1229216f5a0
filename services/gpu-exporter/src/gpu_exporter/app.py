"""The exporter as one app: lanes that read, a registry that has the latest, control endpoints."""

import contextlib
import platform
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from fastapi import FastAPI

from gpu_exporter.backends import backend_of
from gpu_exporter.board import Board
from gpu_exporter.collector import Context
from gpu_exporter.lane import Lane
from gpu_exporter.prices import prices
from gpu_exporter.reading import Reading
from gpu_exporter.registry import lanes
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.snapshot import SnapshotCollector
from ollama_observe import __version__
from ollama_observe.metrics.build import process_registry
from ollama_observe.metrics.catalogue import exporter as m
from ollama_observe.service.http import Check, Control, Readiness, create_control_app


@dataclass(frozen=True, slots=True)
class Exporter:
    """An exporter that does not read yet."""

    app: FastAPI
    readiness: Readiness
    context: Context
    lanes: tuple[Lane, ...]

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read while the block runs."""
        for lane in self.lanes:
            lane.start()
        try:
            yield
        finally:
            # a lane that hangs in a driver's call is left: closing what it uses would hang, too
            if all([lane.stop() for lane in self.lanes]):
                self.context.backend.close()


def create_exporter(settings: GpuExporterSettings, on_loss: Callable[[], None]) -> Exporter:
    """Put the exporter together. Raises: OSError, ValueError for a capture that cannot be read."""
    context = Context(settings, Board(), backend_of(settings, on_loss))
    made = tuple(lanes(context))
    watches = [watch for lane in made for watch in lane.watches]
    snapshot = SnapshotCollector(watches, lambda: own(context))
    registry = process_registry()
    registry.register(snapshot)
    readiness = Readiness()
    app = create_control_app(Control("gpu-exporter", readiness, registry, _checks(made)))
    return Exporter(app, readiness, context, made)


def own(context: Context) -> Iterator[Reading]:
    """What the exporter says of itself, whatever else there is."""
    yield Reading(m.BUILD_INFO, 1, (__version__, platform.python_version(), context.backend.name))
    gpus = context.board.gpus
    yield Reading(m.GPU_COUNT, len(gpus.value) if gpus else 0)
    yield from prices(context.settings)


def _checks(made: tuple[Lane, ...]) -> Mapping[str, Callable[[], Awaitable[Check]]]:
    return {lane.name: _check(lane) for lane in made}


def _check(lane: Lane) -> Callable[[], Awaitable[Check]]:
    """Whether a lane does what it can here: absence is fine, failure is not."""

    async def check() -> Check:
        failed = [watch for watch in lane.watches if watch.has_failed]
        told = failed or [watch for watch in lane.watches if watch.detail]
        detail = "; ".join(f"{watch.name}: {watch.detail}" for watch in told)
        return Check(not failed, detail or "all is read")

    return check
