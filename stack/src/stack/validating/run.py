"""`validate`: every subject in turn, printed as it is found."""

import json
from collections.abc import Iterator

from stack.console import say
from stack.request import Request
from stack.runtime import World
from stack.validating import (
    clock,
    compose,
    containers,
    files,
    network,
    packages,
    processes,
    world,
)
from stack.validating.finding import Finding, document_of, lines_of

VALID, INVALID = 0, 1


def validate(request: Request, is_json: bool = False, asks_network: bool = False) -> int:
    """Print the findings; exit code 1 where a start fails of one.

    Settings were read before: where they are wrong the verb has ended with exit code 2.
    """
    found = list[Finding]()
    for one in findings(request, asks_network):
        found.append(one)
        if not is_json:
            for line in lines_of(one):
                say(line)
    if is_json:
        say(json.dumps(document_of(found), indent=1))
    wrong = [one for one in found if one.is_ok is False]
    if not is_json:
        say(f"a start fails of what is said no: {len(wrong)} of {len(found)}" if wrong else _ALL)
    return INVALID if wrong else VALID


_ALL = "nothing here stops a start; - is what is not there, or was not looked at"


def findings(request: Request, asks_network: bool = False) -> Iterator[Finding]:
    """All of them, those first that others follow from."""
    repository = request.places.repository
    yield Finding("settings", True, "the stack's own")
    where, of_world = world.look(request)
    yield from of_world
    yield packages.of_python()
    yield packages.of_packages(repository)
    yield clock.look(request.places.prometheus_data)
    yield from network.of_proxies(request.variables)
    if asks_network:
        yield network.of_index(repository / "requirements" / "docker.txt")
    in_world = containers if where.world is World.DOCKER else processes
    yield from in_world.findings(request, where)
    yield from files.findings(request)
    yield from compose.findings(request)
