"""`validate`: the settings and the configuration files, before anything is started."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stack.alertmanager import configuration as alertmanager
from stack.console import columns, say
from stack.docker import engine
from stack.docker.choice import AMD, BASE, HOST_OLLAMA, NVIDIA
from stack.docker.compose import project_of
from stack.docker.engine import carried_out
from stack.errors import StackError
from stack.portkey.route import CONFIGURATION
from stack.prometheus import promtool
from stack.request import Request

VALID, INVALID = 0, 1

_COMBINATIONS = ((BASE,), *((BASE, other) for other in (NVIDIA, AMD, HOST_OLLAMA)))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `is_ok` None: it could not be."""

    what: str
    is_ok: bool | None
    detail: str


def validate(request: Request) -> int:
    """Print the findings; exit code 1 where one is wrong.

    Settings were read before: where they are wrong the verb has ended with exit code 2.
    """
    findings = [
        Finding("settings", True, "the environment and .env"),
        _tried("rules", "prometheus/templates", lambda: promtool.require(request)),
        _tried("alertmanager", "its configuration", lambda: alertmanager.require(request)),
        _tried("portkey", str(CONFIGURATION), lambda: _require_json(request)),
        *_of_compose(request),
    ]
    words = {True: "yes", False: "no", None: "-"}
    for line in columns([(one.what, words[one.is_ok], one.detail) for one in findings]):
        say(line)
    return INVALID if any(one.is_ok is False for one in findings) else VALID


def _tried(what: str, where: str, look: Callable[[], None]) -> Finding:
    try:
        look()
    except StackError as error:
        return Finding(what, False, " ".join(str(error).split()))
    return Finding(what, True, where)


def _require_json(request: Request) -> None:
    for path in sorted((request.places.repository / "portkey").glob("config*.json")):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise StackError(f"{path.name} is no JSON: {error}") from error


def _of_compose(request: Request) -> Iterator[Finding]:
    """Each combination of files with every profile, as Compose reads them: it asks no engine."""
    if not engine.is_installed(request.variables):
        yield Finding("compose", None, "not looked at: docker is not installed")
        return
    own = request.variables.get("COMPOSE_FILE")
    for files in [own] if own else map(":".join, _COMBINATIONS):
        project = project_of(request).with_variables({"COMPOSE_FILE": files})
        command = project.command("--profile", "*", "config", "--quiet")
        code, said = carried_out(command, project.environment, project.folder)
        why = " ".join(said.split())
        yield Finding("compose", code == 0, f"{files}: {why}" if code else files)
