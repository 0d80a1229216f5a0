"""From a wish to a project that can be started: files, profiles, variables, services, images."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack import ports
from stack.docker import configuration, facts, images, names
from stack.docker.belonging import is_gone, is_ours
from stack.docker.choice import DEMO, ENGINE, PROFILES, Choice, choose, services_of
from stack.docker.compose import Project, project_of
from stack.docker.containers import ONE_SHOTS, PULL_MODEL, Container, address_of, containers
from stack.docker.engine import Engine, carried_out, require_here
from stack.errors import StackError
from stack.parts import Address
from stack.request import Request
from stack.wish import Wish

WHOLE = ("start", "start-with-portkey")
"""Verbs that ask for all that the files and profiles have, an operator's own services among it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What Compose is about to be told. `config` is its own reading of the files, as JSON."""

    project: Project
    choice: Choice
    services: tuple[str, ...]
    config: str

    @property
    def lasting(self) -> tuple[str, ...]:
        """The services that run on; the others end by themselves."""
        return tuple(name for name in self.services if name not in ONE_SHOTS)

    @property
    def ending(self) -> tuple[str, ...]:
        """Those that end by themselves."""
        return tuple(name for name in self.services if name == PULL_MODEL)


def ours(request: Request) -> list[Container]:
    """The project's containers.

    Raises: StackError where they are another checkout's, UnfitError where another machine's.
    """
    require_here(request.variables)
    name = project_of(request).name
    found = containers(project_of(request))
    others = sorted({one.folder for one in found if not is_ours(one, request.places)})
    if not others:
        return found
    where = ", ".join(f"{one} (gone)" if is_gone(one) else str(one) for one in others)
    raise StackError(
        f"the containers of {name} are those of {where}: COMPOSE_PROJECT_NAME=another-name gives "
        "this checkout its own (and other ports); "
        f"`docker compose -p {name} --profile '*' down` stops those"
    )


def prepare(
    request: Request, engine: Engine, found: Iterable[Container], wish: Wish, is_whole: bool
) -> Prepared:
    """Decide, and have Compose read it. Raises: UnfitError, StackError. Nothing is fetched."""
    running = [one for one in found if one.is_lasting]
    variables = as_it_runs(request.variables, running)
    choice = choose(request.settings, variables, wish, facts.look(request, engine, running))
    names.require_known(request.variables, request.places.repository, choice.files)
    told = choice.environment | configuration.told(request)
    project = project_of(request).with_variables(told)
    config = read(project)
    known = json.loads(config)["services"]
    return Prepared(project, choice, services_of(request.settings, wish, known, is_whole), config)


def as_it_runs(variables: Mapping[str, str], running: Iterable[Container]) -> dict[str, str]:
    """The variables, with the profiles of what runs where the operator names none; pure.

    To add a dashboard to a demo nobody says `demo` again.
    """
    services = {one.service for one in running}
    demo = DEMO if "gpu-exporter-demo" in services else ENGINE
    profiles = {"engine": demo} | PROFILES
    inferred = [profile for service, profile in profiles.items() if service in services]
    if variables.get("COMPOSE_PROFILES") or not inferred:
        return dict(variables)
    return {**variables, "COMPOSE_PROFILES": ",".join(inferred)}


def read(project: Project) -> str:
    """The files as Compose reads them. Raises: StackError with what it says."""
    said = project.asked("config", "--format", "json")
    if said is not None:
        return said
    _, why = carried_out(project.command("config", "--quiet"), project.environment, project.folder)
    raise StackError(f"Compose does not take {project.environment['COMPOSE_FILE']}: {why.strip()}")


def have_images(request: Request, prepared: Prepared) -> None:
    """Build and pull what is missing. Raises: UnfitError."""
    listed = images.images_of(prepared.config, prepared.services)
    images.have(prepared.project, listed, log_of(request))


def log_of(request: Request) -> Path:
    """What builds and pulls say."""
    return request.places.log / "setup.log"


def require_ports(prepared: Prepared, found: Iterable[Container], verb: str) -> None:
    """Raises: StackError naming who holds a port that a container is to be published on."""
    lasting = [one for one in found if one.is_lasting]
    held = {port for one in lasting for _, port in one.ports.values()}
    wanted = published(prepared.config, prepared.services)
    ports.require_free([address for address in wanted if address.port not in held], verb)


def published(config: str, services: Iterable[str]) -> list[Address]:
    """Where the services' ports are published; pure."""
    known = json.loads(config)["services"]
    return [
        address_of(name, port["target"], port.get("host_ip") or "0.0.0.0", int(port["published"]))
        for name in services
        for port in known[name].get("ports", ())
        if str(port.get("published", "")).isdigit()
    ]
