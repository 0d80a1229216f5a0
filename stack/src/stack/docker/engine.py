"""The Docker engine of this machine: whether there is one, and what it offers."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback, without_credentials
from stack.docker.absence import Absence, absence_of
from stack.errors import StackError, UnfitError
from stack.outside import finished
from stack.remedies import manager

OLDEST_COMPOSE = (2, 24)
"""Our overrides replace lists with `!override`, which older ones do not know."""

_ANSWERS_WITHIN_SECONDS = 10.0
_HERE = ("unix", "npipe", "fd")
_OR_WITHOUT = "; or RUNTIME=local make start"


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers. `runtimes` are those that containers can be run with, `folder` is its data's,
    on the machine that it runs on."""

    version: str
    compose: str
    runtimes: frozenset[str]
    is_desktop: bool
    folder: str = ""


def look(variables: Mapping[str, str]) -> Engine:
    """Ask it. Raises: UnfitError that says why containers cannot be had."""
    _require_installed(variables)
    require_here(variables)
    return _answering(variables, "no Docker engine answers: ")


def why_silent(variables: Mapping[str, str]) -> StackError:
    """The error of a command that asks the engine, and of which nothing came."""
    try:
        _require_installed(variables)
        _answering(variables)
    except UnfitError as error:
        return StackError(error.why, error.remedy + _OR_WITHOUT)
    return StackError("`docker compose ps` fails, where `docker info` is answered")


def _require_installed(variables: Mapping[str, str]) -> None:
    if not is_installed(variables):
        raise UnfitError("docker is not installed", manager().command("docker"))


def _answering(variables: Mapping[str, str], beginning: str = "") -> Engine:
    """The engine that answers. `beginning` is said before why none does. Raises: UnfitError."""
    said, absence = _info(variables)
    if absence is not None:
        raise UnfitError(f"{beginning}{absence.why}", absence.remedy)
    return engine_of(said)


def require_here(variables: Mapping[str, str]) -> None:
    """Raises: UnfitError where the engine that `docker` asks is another machine's."""
    where = elsewhere(variables)
    if where is not None:
        raise UnfitError(
            f"the Docker engine is another machine's ({where}, by DOCKER_HOST or a context), which "
            "has no files of this one"
        )


def elsewhere(variables: Mapping[str, str]) -> str | None:
    """Where the engine is that `docker` asks; None where it is this machine's. Asks no engine."""
    said = asked(variables, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}") or ""
    where = said.strip()
    return without_credentials(where) if where and not is_here(where) else None


def is_installed(variables: Mapping[str, str]) -> bool:
    """Whether the `docker` command is there."""
    return shutil.which("docker", path=variables.get("PATH")) is not None


def asked(
    variables: Mapping[str, str], *words: str, within_seconds: float = _ANSWERS_WITHIN_SECONDS
) -> str | None:
    """What `docker` prints; None where it fails, or nobody answers in time."""
    return output_of(("docker", *words), variables, within_seconds=within_seconds)


def output_of(
    command: Sequence[str],
    variables: Mapping[str, str],
    folder: Path | None = None,
    within_seconds: float = _ANSWERS_WITHIN_SECONDS,
) -> str | None:
    """What a command that only looks prints; None where it fails or takes too long."""
    done = finished(command, within_seconds, folder, variables)
    return done.stdout if done is not None and done.returncode == 0 else None


def carried_out(
    command: Sequence[str], variables: Mapping[str, str], folder: Path | None = None
) -> tuple[int, str]:
    """Run a command to its end, however long it takes: its exit code, and all that it said."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


def is_here(endpoint: str) -> bool:
    """Whether an engine's address is this machine's; pure."""
    parts = urlsplit(endpoint)
    return parts.scheme in _HERE or is_loopback(parts.hostname or "")


def engine_of(info: Mapping[str, Any]) -> Engine:
    """What `docker info` says of the engine. Raises: UnfitError."""
    plugins = (info.get("ClientInfo") or {}).get("Plugins") or ()
    version = next((found["Version"] for found in plugins if found["Name"] == "compose"), None)
    if version is None:
        raise UnfitError("Docker has no Compose", manager().command("compose"))
    if numbers(version) < OLDEST_COMPOSE:
        oldest = ".".join(map(str, OLDEST_COMPOSE))
        raise UnfitError(
            f"Docker's Compose is {version}, and {oldest} or newer is needed",
            manager().command("compose"),
        )
    return Engine(
        version=str(info.get("ServerVersion", "")),
        compose=version,
        runtimes=frozenset(info.get("Runtimes") or ()),
        is_desktop="Docker Desktop" in str(info.get("OperatingSystem", "")),
        folder=str(info.get("DockerRootDir") or ""),
    )


def _info(variables: Mapping[str, str]) -> tuple[dict[str, Any], Absence | None]:
    """What `docker info` says, and why no engine does."""
    words = ("docker", "info", "--format", "{{json .}}")
    done = finished(words, _ANSWERS_WITHIN_SECONDS, None, variables)
    if done is None:
        return {}, absence_of(None, sys.platform)
    if done.returncode:
        return {}, absence_of(done.stderr, sys.platform)
    try:
        said = dict(json.loads(done.stdout))
    except (ValueError, TypeError):  # of another program that is called docker
        return {}, absence_of("`docker info` does not answer in JSON", sys.platform)
    errors = said.get("ServerErrors")  # with which older clients succeed
    return said, absence_of(" ".join(errors), sys.platform) if errors else None


def numbers(version: str) -> tuple[int, ...]:
    """`(2, 40, 3)` from `v2.40.3-3`."""
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
