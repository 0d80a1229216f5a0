"""`traffic` in containers: a run of the generator in one of its own, with its results here."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stack.docker import engine
from stack.docker.compose import Project
from stack.docker.containers import Container, plan_of
from stack.docker.preparing import have_images, ours, prepare
from stack.errors import StackError
from stack.request import Request
from stack.traffic.comparing import require_two
from stack.wish import wish_for

_RUN = ("run", "--rm", "--no-deps", "--pull", "never")

_PATHS = {
    "--trace": "TRAFFIC_TRACE",
    "--slo": "TRAFFIC_SLO",
    "--questions-directory": "TRAFFIC_QUESTIONS_DIRECTORY",
}
"""Flags that name what is read, and the variables that say the same."""

_RESULTS = ("--results-directory", "TRAFFIC_RESULTS_DIRECTORY")


def traffic(request: Request, arguments: Sequence[str]) -> int:
    """Become the run. Raises: StackError where nothing runs that could answer."""
    found = ours(request)
    plan = plan_of(found)
    if plan.part("proxy") is None and plan.part("portkey") is None:
        raise StackError("no stack is running to send questions to: make start")
    _ready(request, found).become(*words(request, arguments, Path.cwd()))


def compare(request: Request, arguments: Sequence[str]) -> int:
    """Become the comparison of two results; nothing needs to run. Raises: SettingsError."""
    require_two(arguments)
    here = Path.cwd()
    read = [Path(word) for word in arguments if not word.startswith("-")]
    mounts = _mounts(here, read, [request.places.repository / "results"])
    command = ("traffic", "python", "-m", "traffic", "compare", *arguments)
    _ready(request, ours(request)).become(*_RUN, *_as_caller(here), *mounts, *command)


def _ready(request: Request, found: Sequence[Container]) -> Project:
    """The project as it runs, with the generator's image."""
    wish = wish_for({"traffic"}, request.settings)
    prepared = prepare(request, engine.look(request.variables), found, wish, False)
    have_images(request, prepared)
    return prepared.project


def _as_caller(here: Path) -> tuple[str, ...]:
    return ("--user", f"{os.getuid()}:{os.getgid()}", "--workdir", str(here))


def words(request: Request, arguments: Sequence[str], here: Path) -> tuple[str, ...]:
    """What Compose is told; paths mean inside what they mean here."""
    variables = request.variables
    results = here / (
        _named(arguments, variables, *_RESULTS) or request.places.repository / "results"
    )
    results.mkdir(parents=True, exist_ok=True)
    read = [_named(arguments, variables, flag, name) for flag, name in _PATHS.items()]
    own = {"TRAFFIC_RESULTS_DIRECTORY": str(results)}
    own |= {name: variables[name] for name in _PATHS.values() if variables.get(name)}
    # a service logs, a run shows its progress
    own["TRAFFIC_LOG_LEVEL"] = variables.get("TRAFFIC_LOG_LEVEL") or "warning"
    told = [word for name, value in own.items() for word in ("--env", f"{name}={value}")]
    mounts = _mounts(here, filter(None, read), [results])
    command = ("traffic", "python", "-m", "traffic", *arguments)
    return (*_RUN, *_as_caller(here), *mounts, *told, *command)


def _named(
    arguments: Sequence[str], variables: Mapping[str, str], flag: str, variable: str
) -> Path | None:
    """The path of a flag, which wins, or of a variable."""
    for index, word in enumerate(arguments):
        if word.startswith(f"{flag}="):
            return Path(word.partition("=")[2])
        if word == flag and index + 1 < len(arguments):
            return Path(arguments[index + 1])
    return Path(variables[variable]) if variables.get(variable) else None


def _mounts(here: Path, read: Iterable[Path], written: Iterable[Path]) -> list[str]:
    """Each at the path that it has here. What is not there is left out: the run complains."""
    folders = [folder for folder in written if folder.exists()]
    files = [path for path in (here / one for one in read) if path.exists()]
    # one may lie in a folder that is given already
    alone = [path for path in files if not any(map(path.is_relative_to, folders))]
    volumes = [*(f"{path}:{path}" for path in folders), *(f"{path}:{path}:ro" for path in alone)]
    return [word for volume in volumes for word in ("--volume", volume)]
