"""Which Ollama API the proxy stands in front of, and why: an Ollama, or the embedded engine."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ollama_observe.service.addresses import without_credentials
from stack import probes
from stack.errors import StackError
from stack.settings import DEFAULT_OLLAMA_URL, StackSettings

_EMBEDDED_SUFFIX = "+embedded"
"""What the embedded engine appends to the version of Ollama that it speaks for."""

_MACOS_APPLICATION = Path("/Applications/Ollama.app")


@dataclass(frozen=True, slots=True)
class Found:
    """What was seen on this machine. `version` is None where no Ollama answers."""

    version: str | None
    is_installed: bool


@dataclass(frozen=True, slots=True)
class ModelApi:
    """The choice: where the proxy sends requests, and the sentence that says why."""

    url: str
    is_embedded: bool
    reason: str


def look(settings: StackSettings) -> Found:
    """Ask the address, and look for an installed Ollama."""
    version = probes.ollama_version(settings.ollama_url or DEFAULT_OLLAMA_URL)
    return Found(version, shutil.which("ollama") is not None or _MACOS_APPLICATION.exists())


def choose(settings: StackSettings, found: Found, engine_url: str) -> ModelApi:
    """The policy. Raises: StackError where the operator has to decide or start something."""
    url = settings.ollama_url or DEFAULT_OLLAMA_URL
    shown = without_credentials(url)
    if settings.engine == "embedded":
        return ModelApi(
            engine_url, True, "the embedded engine, because ENGINE=embedded asks for it"
        )
    if found.version is not None:
        return ModelApi(url, False, f"{_name(found.version)}, which answers at {shown}")
    if settings.ollama_url is not None:
        raise StackError(
            f"no Ollama answers at OLLAMA_URL={shown}: start it, correct the address, "
            "or unset OLLAMA_URL to use the embedded engine"
        )
    if found.is_installed:
        raise StackError(
            f"Ollama is installed but does not answer at {shown}: start it with `ollama serve`, "
            "say where it answers with OLLAMA_URL=http://host:port, "
            "or use the embedded engine: ENGINE=embedded make start"
        )
    return ModelApi(
        engine_url,
        True,
        f"the embedded engine, because no Ollama answers at {shown} and none is installed",
    )


def _name(version: str) -> str:
    if version.endswith(_EMBEDDED_SUFFIX):
        return "the embedded engine of another stack"
    return f"Ollama {version}"
