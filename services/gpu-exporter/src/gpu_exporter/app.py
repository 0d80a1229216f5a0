"""The exporter as one app: lanes that read, a snapshot of the latest, control endpoints."""

import asyncio
import contextlib
import platform
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass

from fastapi import FastAPI, Response

from gpu_exporter import configuration, dcgm
from gpu_exporter.backends import backend_of
from gpu_exporter.board import Board, recent
from gpu_exporter.collector import Context
from gpu_exporter.energy.prices import prices
from gpu_exporter.fit.asking import Fitting
from gpu_exporter.fit.route import add_fit_route
from gpu_exporter.gpu import Gpu
from gpu_exporter.lane import Lane
from gpu_exporter.reading import Reading, one
from gpu_exporter.registry import lanes
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.snapshot import scrape
from gpu_exporter.watch import Watch
from ollama_observe import __version__
from ollama_observe.metrics.build import process_registry
from ollama_observe.metrics.catalogue import exporter as m
from ollama_observe.service.http import Check, Control, Readiness, add_control_routes

_FIRST_TURN_SECONDS = 1.0
_END_SECONDS = 0.5
"""How long the end waits for what is being read."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """An exporter that does not read yet.

    `first_turn_seconds` bounds the start's wait for everything to have been read once.
    """

    app: FastAPI
    readiness: Readiness
    context: Context
    lanes: tuple[Lane, ...]
    first_turn_seconds: float = _FIRST_TURN_SECONDS

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read while the block runs, which begins when everything was read once, or takes long."""
        for lane in self.lanes:
            lane.start()
        try:
            await asyncio.to_thread(self._wait_for_first_turn)
            yield
        finally:
            for lane in self.lanes:
                lane.stop()
            await asyncio.to_thread(self._close)

    def _wait_for_first_turn(self) -> None:
        end = time.monotonic() + self.first_turn_seconds
        for lane in self.lanes:
            lane.has_turned(max(0.0, end - time.monotonic()))

    def _close(self) -> None:
        end = time.monotonic() + _END_SECONDS
        have_ended = [lane.has_ended(max(0.0, end - time.monotonic())) for lane in self.lanes]
        # a lane that hangs in a driver's call is left: closing what it uses would hang, too
        if all(have_ended):
            self.context.backend.close()


def create_exporter(settings: GpuExporterSettings, on_loss: Callable[[], None]) -> Exporter:
    """Put the exporter together. Raises: OSError, ValueError for a capture that cannot be read."""
    context = Context(settings, Board(), backend_of(settings, on_loss))
    return exporter_of(context, lanes(context))


def exporter_of(context: Context, made: Sequence[Lane]) -> Exporter:
    """An exporter of what these lanes read."""
    watches = tuple(watch for lane in made for watch in lane.watches)
    registry = process_registry()
    readiness = Readiness()
    checks = {watch.name: _check(watch) for watch in watches}
    app = FastAPI(title="gpu-exporter", version=__version__, docs_url=None, redoc_url=None)

    def write(accept: str) -> tuple[bytes, str]:
        return scrape(accept, registry, everything(context, watches))

    if context.settings.dcgm:

        @app.get(dcgm.PATH)
        async def dcgm_metrics() -> Response:
            body = dcgm.text(latest_gpus(context))
            return Response(body, headers={"content-type": dcgm.CONTENT_TYPE})

    @app.get(configuration.PATH)
    async def ollama_configuration() -> Mapping[str, object]:
        return configuration.latest(context)

    add_fit_route(app, Fitting(context))
    control = Control(
        "gpu-exporter",
        readiness,
        registry,
        checks,
        write=write,
        has_routes=context.settings.dcgm,
    )
    add_control_routes(app, control)
    return Exporter(app, readiness, context, tuple(made))


def everything(context: Context, watches: Iterable[Watch]) -> Iterator[Reading]:
    """What the exporter says of itself, whatever else there is, and what the watches have."""
    yield Reading(m.BUILD_INFO, 1, (__version__, platform.python_version(), context.backend.name))
    yield Reading(m.GPU_COUNT, len(latest_gpus(context)))
    yield from one(m.NVML_RETURN_CODE, context.backend.return_code)
    yield from prices(context.settings)
    for watch in watches:
        yield from watch.readings()


def latest_gpus(context: Context) -> Sequence[Gpu]:
    """The cards as they were just read; none where that is too long ago."""
    return recent(context.board.gpus, context.clock()) or ()


def _check(watch: Watch) -> Callable[[], Awaitable[Check]]:
    """Whether a collector does what it can here: absence is fine, failure is not."""

    async def check() -> Check:
        return Check(not watch.has_failed, watch.detail or "is read")

    return check
