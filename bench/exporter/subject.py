"""`python -m bench.exporter.subject`: the exporter, with eight made-up cards."""

import time

from gpu_exporter.__main__ import serve
from gpu_exporter.app import exporter_of
from gpu_exporter.board import Board
from gpu_exporter.collector import Context
from gpu_exporter.demo.backend import DemoBackend
from gpu_exporter.registry import lanes
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.service.lifecycle import run
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load

CARDS = 8


def main() -> None:
    """Serve until SIGTERM, as `python -m gpu_exporter` does."""
    settings = load(GpuExporterSettings)
    configure_logging("gpu-exporter", settings.log_level, settings.log_format)
    backend = DemoBackend(time.monotonic, time.time, CARDS)  # noqa: TID251 (timestamps)
    context = Context(settings, Board(), backend)
    exporter = exporter_of(context, lanes(context))
    run(lambda: serve(exporter, settings))


if __name__ == "__main__":
    main()
