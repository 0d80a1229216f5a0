"""`python -m engine`: serve Ollama's API with the models of a directory."""

from functools import partial

import structlog
from prometheus_client import CollectorRegistry

from engine import guard
from engine.app import create_app
from engine.e5 import package
from engine.inference import Inference
from engine.library import Model
from engine.metrics import EngineMetrics
from engine.settings import EngineSettings
from ollama_observe.service.addresses import is_loopback
from ollama_observe.service.http import Check, Control, Readiness
from ollama_observe.service.lifecycle import Listener, run, serve
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load

_log = structlog.stdlib.get_logger("engine")


def _origins(settings: EngineSettings) -> list[str]:
    return [origin.strip() for origin in settings.origins.split(",") if origin.strip()]


def _bundled() -> Model | None:
    try:
        return package.find()
    except package.AbsentError as error:
        _log.info("bundled_model_absent", detail=str(error))
        return None


async def serve_engine(settings: EngineSettings) -> None:
    """Read the models, serve until told to stop, end the model processes."""
    registry = CollectorRegistry()
    inference = Inference(settings, EngineMetrics(registry), bundled=_bundled())

    async def models() -> Check:
        found = inference.library.dropped_in()
        where = f"in {settings.models_dir}"
        return Check(bool(found), f"{len(found)} model files {where}")

    readiness = Readiness()
    app = create_app(inference, Control("engine", readiness, registry, checks={"models": models}))
    guarded = guard.Guard(app, checks_host=is_loopback(settings.host), origins=_origins(settings))
    await inference.library.check_bundled()
    await inference.library.readable()  # so that no client waits for a vocabulary to be read
    listener = Listener("api", guarded, settings.host, settings.port, server_headers=False)
    try:
        await serve([listener], readiness, settings.drain_seconds)
    finally:
        await inference.close()


def main() -> None:
    """Entry point."""
    settings = load(EngineSettings)
    configure_logging("engine", settings.log_level, settings.log_format)
    run(partial(serve_engine, settings))


if __name__ == "__main__":
    main()
