"""`python -m traffic worker`: the same engine as a service, until SIGTERM.

It asks without end at a gentle rate, unless it is told otherwise: by its settings where it is
started, or over HTTP (control).
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from fastapi import FastAPI
from pydantic import Field

from ollama_observe.metrics.build import process_registry
from ollama_observe.service.http import Check, Control, Readiness, remembered
from ollama_observe.service.lifecycle import Listener, listening, run, until_stopped
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load, settings_config
from traffic.bank.loading import Bank
from traffic.bank.place import bank_of
from traffic.choices import Preset, Rate
from traffic.plan.arrivals import Arrival
from traffic.plan.plan import make_plan
from traffic.request.client import open_http
from traffic.settings import TrafficSettings
from traffic.target.check import TargetError, check_target
from traffic.worker.booking import Books
from traffic.worker.control import create_control
from traffic.worker.session import Session

LOOK_EVERY_SECONDS = 30.0
"""How often its health asks the target at most: the proxy counts each look as a request."""


class WorkerSettings(TrafficSettings):
    """Asks questions as a service, paced over HTTP, with metrics of what it sees."""

    model_config = settings_config("TRAFFIC_", "traffic worker")

    preset: Preset = Field("continuous", description="As of a run; continuous: until stopped.")
    arrival: Arrival = Field("poisson", description="As of a run; poisson: as people come.")
    rate_per_second: Rate = Field(0.2, description="Mean rate of a schedule; of a ramp, its end.")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that does not ask yet; it does while `session.serving` is entered."""

    app: FastAPI
    readiness: Readiness
    session: Session


def create_worker(settings: TrafficSettings, bank: Bank) -> Worker:
    """Put the worker together."""
    registry, readiness = process_registry(), Readiness()
    session = Session(bank, Books(registry), settings.worker_drain_seconds)

    async def target() -> Check:
        try:
            async with open_http(settings) as http:
                await check_target(http, settings.target_url, ())
        except TargetError as error:
            return Check(False, str(error))
        return Check(True, f"{settings.target_url} answers")

    async def last_run() -> Check:
        has_failed = session.run is not None and session.run.how == "failed"
        is_over = session.state == "idle"
        return Check(not (has_failed and is_over), session.detail or session.state)

    checks = {"target": remembered(target, LOOK_EVERY_SECONDS), "run": last_run}
    control = Control("traffic", readiness, registry, checks)
    return Worker(create_control(control, session, settings), readiness, session)


async def serve(worker: Worker, settings: TrafficSettings) -> None:
    """Serve until SIGTERM or SIGINT; a taken port ends it before a question is asked."""
    listener = Listener("control", worker.app, settings.worker_host, settings.worker_port)
    begins_with = settings if settings.worker_autostart else None
    contexts: list[AbstractAsyncContextManager[object]] = [
        listening(listener),
        worker.session.serving(begins_with),
    ]
    await until_stopped(
        contexts,
        worker.readiness,
        control=f"{settings.worker_host}:{settings.worker_port}",
        target=settings.target_url,
    )


def main(argv: list[str]) -> int:
    """Read the settings and serve. Raises: RefusedError for what cannot be asked."""
    settings = load(WorkerSettings, argv)
    configure_logging("traffic", settings.log_level, settings.log_format)
    bank = bank_of(settings)
    make_plan(bank, settings)  # what is wrong with it is said now, and not in a log
    worker = create_worker(settings, bank)
    run(lambda: serve(worker, settings))
    return 0
