"""Which world a start would use, or what runs uses, and the Docker engine that it may need."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from stack.docker import engine
from stack.docker.engine import Engine
from stack.errors import UnfitError
from stack.remedies import manager
from stack.request import Request
from stack.runtime import World, is_service, running
from stack.validating.finding import Finding

_IN_WORDS = {
    World.LOCAL: "processes of this machine",
    World.DOCKER: "containers",
    World.SERVICE: "systemd's units",
}


@dataclass(frozen=True, slots=True)
class Where:
    """The world of what runs, or else of a start. `engine` is Docker's, where it was asked."""

    world: World
    is_running: bool
    engine: Engine | None = None

    @property
    def verb(self) -> str:
        """The verb that applies other settings."""
        if self.world is World.SERVICE:
            return "install-service"
        return "restart" if self.is_running else "start"


def look(request: Request) -> tuple[Where, list[Finding]]:
    """Where it is, and what is to be said of it."""
    found = running(request)
    answering, docker = of_docker(request.variables, request.settings.runtime)
    if found is not None:
        words = f"the stack runs as {_IN_WORDS[found]}"
        asked = request.settings.runtime
        if asked != "auto" and (asked == "docker") != (found is World.DOCKER):
            said = f"{words}, and RUNTIME={asked} asks for another"
            return Where(found, True, answering), [Finding("world", False, said, "make stop")]
        return Where(found, True, answering), [Finding("world", True, words), docker]
    world, why = _of_a_start(request, answering)
    where = Where(world, False, answering)
    return where, [Finding("world", True, f"{_IN_WORDS[world]}: {why}"), docker]


def of_docker(variables: Mapping[str, str], runtime: str) -> tuple[Engine | None, Finding]:
    """The engine, if it answers; with RUNTIME=docker it has to, with RUNTIME=local nobody asks."""
    is_ok = False if runtime == "docker" else None
    if runtime == "local":
        return None, Finding("docker", None, "not asked: RUNTIME=local")
    if not engine.is_installed(variables):
        remedy = manager().command("docker")
        return None, Finding("docker", is_ok, "docker is not installed", remedy)
    try:
        found = engine.look(variables)
    except UnfitError as error:
        return None, Finding("docker", is_ok, error.why, error.remedy)
    kind = ", Docker Desktop" if found.is_desktop else ""
    said = f"engine {found.version}, Compose {found.compose}{kind}"
    return found, Finding("docker", True, said)


def _of_a_start(request: Request, answering: Engine | None) -> tuple[World, str]:
    runtime = request.settings.runtime
    if runtime != "auto":
        return World(runtime), f"RUNTIME={runtime}"
    if is_service(request):
        return World.SERVICE, "they are installed"
    if sys.platform == "darwin":
        return World.LOCAL, "containers of a Mac reach no GPU"
    if answering is None:
        return World.LOCAL, "no Docker engine can be used"
    return World.DOCKER, "a Docker engine answers"
