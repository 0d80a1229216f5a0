"""What is set and what is in force, as the exporter answers it: the latest that was found out."""

from collections.abc import Mapping

from gpu_exporter.board import recent
from gpu_exporter.collector import Context
from gpu_exporter.collectors.ollama_configuration import OllamaConfiguration
from gpu_exporter.ollama.configuration import Configuration, document

PATH = "/api/configuration"


def latest(context: Context) -> Mapping[str, object]:
    """The document; where nothing is known its notes say why."""
    found = recent(context.board.configuration, context.clock())
    return document(found or Configuration(notes=(_why(context),)))


def _why(context: Context) -> str:
    name = OllamaConfiguration.name
    if name in context.settings.left_out:
        return f"the collector {name} is left out (GPU_EXPORTER_WITHOUT)"
    return f"the collector {name} has not looked, or not for a while: /health says why"
