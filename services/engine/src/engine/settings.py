"""What the engine can be told."""

from pathlib import Path
from typing import Annotated

import psutil
from pydantic import AfterValidator, Field

from engine import durations
from ollama_observe.service.settings import ListenHost, ServiceSettings, settings_config


def _checked_duration(text: str) -> str:
    durations.keep_alive_seconds(text)
    return text


class EngineSettings(ServiceSettings):
    """Settings of the embedded engine."""

    model_config = settings_config("ENGINE_", "python -m engine")

    host: ListenHost = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(11434, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    models_dir: Path = Field(
        Path(".local/models"),
        description="Directory of model files: <name>@<tag>.gguf is the model <name>:<tag>.",
    )
    library_dir: Path | None = Field(
        None, description="Directory with libgomp.so.1, for systems that lack it."
    )
    threads: int = Field(
        0, ge=0, description="Threads a model computes with; 0 is all physical cores but one."
    )
    num_parallel: int = Field(1, ge=1, description="Requests that one model answers at a time.")
    max_queue: int = Field(512, ge=1, description="Requests that may wait before 503 is answered.")
    max_loaded_models: int = Field(
        1, ge=1, description="Models in memory at a time; the idle one used longest ago makes room."
    )
    keep_alive: Annotated[str, AfterValidator(_checked_duration)] = Field(
        "5m", description='Time a model stays after its last use: "5m", seconds, negative forever.'
    )
    context_length: int = Field(
        4096, ge=16, description="Tokens of context, where a request does not say num_ctx."
    )
    load_timeout_seconds: float = Field(
        300.0, gt=0, description="Longest time that loading a model may take."
    )
    drain_seconds: float = Field(
        10.0, ge=0, description="Longest time that answers in flight may take at shutdown."
    )
    origins: str = Field(
        "", description="More origins for browsers, comma separated; * is a wildcard."
    )

    @property
    def thread_count(self) -> int:
        """Threads to compute with: one core stays free, because spinning threads starve others."""
        return self.threads or max(1, (psutil.cpu_count(logical=False) or 1) - 1)

    @property
    def keep_alive_seconds(self) -> float | None:
        """The default keep-alive; None is forever."""
        return durations.keep_alive_seconds(self.keep_alive)
