"""`python -m gpu_exporter`: read and serve until SIGTERM."""

import os
import signal
import sys

from gpu_exporter.app import Exporter, create_exporter
from gpu_exporter.machine.procfs import point_psutil_at
from gpu_exporter.registry import mistake_in
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.service.lifecycle import Listener, listening, run, until_stopped
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load


async def serve(exporter: Exporter, settings: GpuExporterSettings) -> None:
    """Serve the metrics while the lanes read; a taken port ends it before anything is read."""
    listener = Listener("metrics", exporter.app, settings.host, settings.port)
    await until_stopped(
        (listening(listener), exporter.reading()),
        exporter.readiness,
        metrics=f"{settings.host}:{settings.port}",
        backend=settings.backend,
    )


def main() -> None:
    """Read the settings and serve; exit code 1 after NVML was lost, if that was asked for."""
    settings = load(GpuExporterSettings)
    if mistake := mistake_in(settings):
        sys.exit(f"gpu-exporter: {mistake}")
    configure_logging("gpu-exporter", settings.log_level, settings.log_format)
    point_psutil_at(settings.host_proc)
    lost = []

    def on_loss() -> None:
        lost.append(True)
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        exporter = create_exporter(settings, on_loss)
    except OSError as error:
        sys.exit(f"gpu-exporter: {error.filename}: {error.strerror}")
    except ValueError as error:
        sys.exit(f"gpu-exporter: {error}")
    run(lambda: serve(exporter, settings))
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
