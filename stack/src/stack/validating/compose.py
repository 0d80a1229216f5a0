"""The Compose files, as Compose reads them: it asks no engine."""

from collections.abc import Iterator

from stack.docker import engine
from stack.docker.choice import AMD, BASE, HOST_OLLAMA, NVIDIA, OWN
from stack.docker.compose import project_of
from stack.docker.engine import carried_out
from stack.request import Request
from stack.validating.finding import Finding

_COMBINATIONS = (
    (BASE,),
    *((BASE, other) for other in (NVIDIA, AMD, HOST_OLLAMA)),
    *((BASE, cards, HOST_OLLAMA) for cards in (NVIDIA, AMD)),
)


def findings(request: Request) -> Iterator[Finding]:
    """Each combination of files, with every profile."""
    if not engine.is_installed(request.variables):
        yield Finding("compose", None, "not looked at: docker is not installed")
        return
    if engine.asked(request.variables, "compose", "version") is None:
        yield Finding("compose", None, "not looked at: docker has no Compose")
        return
    own = [OWN] if (request.places.repository / OWN).is_file() else []
    by_hand = request.variables.get("COMPOSE_FILE")
    for files in [by_hand] if by_hand else [":".join([*one, *own]) for one in _COMBINATIONS]:
        told = {"COMPOSE_FILE": files} | ({} if by_hand else {"COMPOSE_PATH_SEPARATOR": ":"})
        project = project_of(request).with_variables(told)
        command = project.command("--profile", "*", "config", "--quiet")
        code, said = carried_out(command, project.environment, project.folder)
        # a warning, of a variable that is not set say, where it takes them
        why = " ".join(said.split())
        yield Finding("compose", code == 0, f"{files}: {why}" if why else files)
