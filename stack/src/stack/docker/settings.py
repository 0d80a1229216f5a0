"""What the operator can tell the stack of containers, beside what is told of any stack."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from stack.shapes import Host, Port

Memory = Annotated[str, Field(pattern=r"^[0-9]+[kmgKMG]$")]
"""A limit as Docker reads it."""


class Containers(BaseModel):
    """Variables of the containers: each field is the variable of the same name in upper case."""

    runtime: Literal["auto", "docker", "local"] = Field(
        "auto",
        description="docker: in containers. local: as processes of this machine. auto: in "
        "containers where a Docker engine with Compose answers, else, and on a Mac, as processes.",
    )
    model: str = Field(
        "phi3:mini",
        min_length=1,
        description="The model that `make pull-model` fetches, and an Ollama in a container when "
        "it starts.",
    )
    ollama: Literal["off"] | None = Field(
        None,
        description="off: no Ollama in a container, for the profiles `demo` and `engine` beside "
        "others; make sets it by itself.",
    )
    ollama_image: str = Field(
        "ollama/ollama:0.33.0", min_length=1, description="The image of Ollama in a container."
    )
    ollama_bind: Host = Field(
        "127.0.0.1", description="Address where the port of an Ollama in a container is published."
    )
    ollama_port: Port = Field(
        11434, description="Port where an Ollama in a container is published."
    )
    portkey_bind: Host = Field(
        "127.0.0.1", description="Address where a gateway in a container is published."
    )
    image_prefix: str = Field(
        "ollama-observe", min_length=1, description="What the names of our images begin with."
    )
    image_tag: str = Field("0.1.0", min_length=1, description="The tag of our images.")
    base_image: str = Field(
        "python:3.13-slim",
        min_length=1,
        description="What our images are built on: Debian with Python 3.11 to 3.14.",
    )
    engine_memory: Memory = Field("4g", description="Most memory of the engine's container.")
    proxy_memory: Memory = Field("1g", description="Most memory of a proxy's container.")
    prometheus_memory: Memory = Field("2g", description="Most memory of Prometheus's container.")
    prometheus_config: Path | None = Field(
        None,
        description="Prometheus's configuration in its container, from the repository. Unset: "
        "prometheus/compose.yml, or what the settings make of it.",
    )
    prometheus_rules: Path | None = Field(
        None,
        description="Folder of Prometheus's rules in its container, likewise. Unset: "
        "prometheus/rules, or what the settings make of them.",
    )


OF_OLLAMA = (
    *("OLLAMA_CONTEXT_LENGTH", "OLLAMA_DEBUG", "OLLAMA_FLASH_ATTENTION", "OLLAMA_GPU_OVERHEAD"),
    *("OLLAMA_KEEP_ALIVE", "OLLAMA_KV_CACHE_TYPE", "OLLAMA_LOAD_TIMEOUT"),
    *("OLLAMA_MAX_LOADED_MODELS", "OLLAMA_MAX_QUEUE", "OLLAMA_NOPRUNE", "OLLAMA_NUM_PARALLEL"),
    *("OLLAMA_ORIGINS", "OLLAMA_SCHED_SPREAD"),
)
"""Ollama's own variables that reach an Ollama in a container: docker/variables/ollama.env."""

OF_BUILDS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")
"""Pip's own variables that the images are built with."""
