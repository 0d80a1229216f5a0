"""Which Ollama API the proxy stands in front of, and why: an Ollama, or the embedded engine."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback, without_credentials
from stack import probes
from stack.errors import StackError
from stack.settings import DEFAULT_OLLAMA_URL, StackSettings

_EMBEDDED_SUFFIX = "+embedded"
"""What the embedded engine appends to the version of Ollama that it speaks for."""

_MACOS_APPLICATION = Path("/Applications/Ollama.app")


@dataclass(frozen=True, slots=True)
class Found:
    """What was seen on this machine. `version` is None where no Ollama answers.

    `stranger` is what answers in its place, in words.
    """

    version: str | None
    is_installed: bool
    stranger: str | None = None


@dataclass(frozen=True, slots=True)
class ModelApi:
    """The choice: where the proxy sends requests, and the sentence that says why."""

    url: str
    is_embedded: bool
    reason: str


def look(settings: StackSettings) -> Found:
    """Ask the address, and look for an installed Ollama."""
    url = settings.ollama_url or DEFAULT_OLLAMA_URL
    version = probes.ollama_version(url)
    is_named = settings.ollama_url is not None
    # of the default address nobody is told what is there instead
    stranger = probes.stranger(url) if is_named and version is None else None
    is_installed = shutil.which("ollama") is not None or _MACOS_APPLICATION.exists()
    return Found(version, is_installed, stranger)


def require(settings: StackSettings) -> None:
    """Raises: StackError where a start would, for want of what answers as Ollama."""
    choose(settings, look(settings), "")


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
        stranger = f", but {found.stranger}" if found.stranger else ""
        raise StackError(
            f"no Ollama answers at OLLAMA_URL={shown}{stranger}",
            f"{how_to_start(url)}, correct the address, or unset OLLAMA_URL to use the embedded "
            "engine",
        )
    if found.is_installed:
        raise StackError(
            f"Ollama is installed but does not answer at {shown}",
            "start it with `ollama serve`, say where it answers with OLLAMA_URL=http://host:port, "
            "or use the embedded engine: ENGINE=embedded make start",
        )
    return ModelApi(
        engine_url,
        True,
        f"the embedded engine, because no Ollama answers at {shown} and none is installed",
    )


def how_to_start(url: str) -> str:
    """What to do about an Ollama that does not answer, which may be another machine's."""
    is_here = is_loopback(urlsplit(url).hostname or "")
    return "start it (`ollama serve`)" if is_here else "start it there, open to the network"


def _name(version: str) -> str:
    if version.endswith(_EMBEDDED_SUFFIX):
        return "the embedded engine of another stack"
    return f"Ollama {version}"
