"""`stop` in containers: everything of the project but its data."""

from collections.abc import Iterable

from stack.console import say, step
from stack.docker.belonging import forget
from stack.docker.compose import project_of
from stack.docker.containers import PART_OF
from stack.docker.preparing import log_of, ours
from stack.docker.told import forget_told
from stack.errors import StackError
from stack.request import Request


def stop(request: Request) -> int:
    """Stop and remove the containers; models and numbers stay. Nothing to stop is no error."""
    if not ours(request):
        say("not running")
        return 0
    take_down(request)
    say("stopped; the models and the numbers are kept")
    return 0


def take_down(request: Request) -> None:
    """Stop and remove what there is, of whatever profile. Raises: StackError."""
    step("stopping", "requests in flight finish first")
    code, said = project_of(request).logged(
        log_of(request), "--profile", "*", "down", "--remove-orphans"
    )
    if code:
        lines = said.strip().splitlines()
        raise StackError(f"Compose could not stop it: {lines[-1] if lines else 'no reason given'}")
    forget(request.places)
    forget_told(request.places)


def stop_part(request: Request, part: str) -> int:
    """Stop one part; the rest goes on."""
    services = [part, *(name for name, of in PART_OF.items() if of == part)]
    running = [one.service for one in ours(request) if one.service in services]
    if not running:
        say(f"{part}: not running here")
        return 0
    remove(request, part, dict.fromkeys(running))
    return 0


def remove(request: Request, part: str, services: Iterable[str]) -> None:
    """Stop and remove the services of a part. Raises: StackError."""
    code, said = project_of(request).logged(
        log_of(request), "--profile", "*", "rm", "--stop", "--force", *services
    )
    if code:
        raise StackError(f"Compose could not stop {part}: {said.strip().splitlines()[-1]}")
    step(part, "stopped")
