"""In which world a verb acts: in containers, as processes of this machine, or as its service."""

import enum
import importlib.util
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from stack.arguments import names_another
from stack.console import complain, say
from stack.docker import engine
from stack.docker.belonging import is_ours, noted
from stack.docker.compose import project_of
from stack.docker.containers import parsed
from stack.errors import StackError, UnfitError
from stack.request import Request
from stack.settings import StackSettings
from stack.wish import STARTS

FETCHING = (*STARTS, "restart", "setup", "install", "pull-model", "dashboard", "install-dashboard")
"""Verbs that choose a world where none runs yet."""

_NEEDING_ALL = (*STARTS, "restart", "setup", "install")
"""Verbs after which processes run, or could."""

_OF_ALL_PARTS = ("start", "start-with-portkey", "restart", "setup", "install-service")
"""Verbs that ask for every part that is switched on."""

OF_IMAGES = ("images", "bundle")
"""Verbs of the containers alone."""

OF_FILES = ("traffic-compare",)
"""Verbs that need packages or an image, and nothing that runs."""

_OF_SERVICE = (*STARTS, "restart", "status")
"""Verbs that mean the service that is installed, also where somebody has stopped it."""

OF_NO_WORLD = ("rules", "validate", "install-service", "remove-service")
"""Verbs that do the same wherever the stack runs."""

_ONLY_LOCAL = ("xllamacpp", "pynvml")
"""What only processes of this machine need: requirements/docker.txt is without."""


class World(enum.Enum):
    """Who runs the parts."""

    LOCAL = "local"
    DOCKER = "docker"
    SERVICE = "service"


def carry_out(request: Request, arguments: Namespace) -> int:
    """Do what the verb says where it belongs; its exit code. Raises: StackError."""
    from stack import local

    world = World.LOCAL if names_another(arguments) else world_of(request, arguments.verb)
    if world is World.DOCKER:
        return _in_containers(request, arguments)
    _require_no_container(request, arguments.verb)
    if world is World.LOCAL and arguments.verb in _NEEDING_ALL:
        _require_packages(request.places.repository)
    if world is World.SERVICE:
        from stack import serviced

        return (local.VERBS | serviced.VERBS)[arguments.verb](request, arguments)
    return local.VERBS[arguments.verb](request, arguments)


def _in_containers(request: Request, arguments: Namespace) -> int:
    from stack import local
    from stack.docker import verbs

    try:
        return verbs.VERBS[arguments.verb](request, arguments)
    except UnfitError as error:
        is_chosen = request.settings.runtime == "docker" or arguments.verb not in FETCHING
        if is_chosen or runs_in_containers(request):
            raise
        say(f"not in containers: {error}")
    _require_no_container(request, arguments.verb)
    say("going on with processes of this machine; RUNTIME=local asks for them at once")
    _require_packages(request.places.repository)
    return local.VERBS[arguments.verb](request, arguments)


def _require_no_container(request: Request, verb: str) -> None:
    if verb in _OF_ALL_PARTS:
        require_no_grafana(request.settings)


def require_no_grafana(settings: StackSettings) -> None:
    """Raises: StackError where a part is asked for that processes of this machine do without."""
    if settings.grafana == "on":
        raise StackError(
            "GRAFANA=on brings Grafana in a container, and here are processes of this machine",
            "leave it off; grafana/README.md says how a Grafana of your own shows the same panels",
        )


def world_of(request: Request, verb: str, platform: str = sys.platform) -> World:
    """Where what runs runs; where nothing does, what was asked for and can be.

    On a Mac that is its own processes: containers there reach no GPU.

    Raises: StackError where another world runs than RUNTIME says.
    """
    wanted = request.settings.runtime
    if verb in (*OF_IMAGES, *OF_NO_WORLD, *OF_FILES):
        return _of_no_running(verb)
    found = running(request)
    if found is not None:
        if verb in FETCHING:
            _require_wanted(found, wanted)
        return found
    if wanted != "auto":
        return World(wanted)
    if verb in _OF_SERVICE and is_service(request):
        return World.SERVICE
    if verb in FETCHING:
        return World.LOCAL if platform == "darwin" else _chosen(request)
    _say_of_an_engine_elsewhere(request)
    return World.LOCAL


def _of_no_running(verb: str) -> World:
    """Where a verb acts that asks nothing of what runs."""
    if verb in OF_FILES and _has_packages():
        return World.LOCAL
    return World.LOCAL if verb in OF_NO_WORLD else World.DOCKER


def _require_wanted(found: World, wanted: str) -> None:
    if wanted == "docker" and found is not World.DOCKER:
        raise StackError("the stack runs, and not in containers as RUNTIME=docker asks: make stop")
    if wanted == "local" and found is World.DOCKER:
        raise StackError(
            "the stack runs in containers, which RUNTIME=local does not ask for: make stop"
        )


def _say_of_an_engine_elsewhere(request: Request) -> None:
    """Containers there may be called as ours are, and are none of this checkout."""
    if not engine.is_installed(request.variables):
        return
    try:
        engine.require_here(request.variables)
    except UnfitError as error:
        complain(f"containers are not looked at: {error}")


def running(request: Request) -> World | None:
    """The world of what runs; None where nothing does."""
    from stack.units import service

    if _runs_here(request):
        return World.LOCAL
    if service.running(request) is not None:
        return World.SERVICE
    return World.DOCKER if runs_in_containers(request) else None


def is_service(request: Request) -> bool:
    """Whether this checkout is installed as a service of a systemd that answers."""
    from stack.units.service import installed

    service = installed(request)
    return service is not None and service.manager.answers() is None


def _runs_here(request: Request) -> bool:
    if not request.socket.exists():  # also where only the dashboard was installed
        return False
    from stack import supervised

    return supervised.connect(request.socket) is not None


def runs_in_containers(request: Request) -> bool:
    """Whether containers of this checkout run.

    With RUNTIME=local nobody is asked, unless make has started some of this stack.
    """
    is_local = request.settings.runtime == "local" and not noted(request.places)
    if is_local or not engine.is_installed(request.variables):
        return False
    if engine.elsewhere(request.variables) is not None:
        return False
    said = project_of(request).asked("ps", "--all", "--format", "json") or ""
    return any(one.is_running and is_ours(one, request.places) for one in parsed(said))


def _chosen(request: Request) -> World:
    try:
        engine.look(request.variables)
    except UnfitError as error:
        if engine.is_installed(request.variables):
            say(f"not in containers: {error}")
        return World.LOCAL
    return World.DOCKER


def _has_packages() -> bool:
    return all(importlib.util.find_spec(name) for name in _ONLY_LOCAL)


def _require_packages(repository: Path) -> None:
    """Install what only processes need, where only the containers' few packages are there."""
    if _has_packages():
        return
    script = repository / "scripts" / "venv.sh"
    done = subprocess.run([str(script), "local", ".venv/.installed-local"], check=False)
    if done.returncode:
        raise StackError(
            "the packages that processes need could not be installed, as pip says above"
        )
    importlib.invalidate_caches()
