"""`top` in containers: the parts where they are published; of several proxies, each."""

from argparse import Namespace
from dataclasses import replace

from stack.docker.compose import project_of
from stack.docker.containers import plan_of
from stack.docker.piped import PipedAsker
from stack.docker.preparing import ours
from stack.request import Request
from stack.top.asking import Asker, HttpAsker
from stack.top.run import show
from stack.top.targets import Targets, running

_INSIDE = "container:"
_FIND_SECONDS = 15.0
"""Compose takes a fifth of a second of CPU to tell."""


def top(request: Request, arguments: Namespace) -> int:
    """Show what runs; exit code 3 where nobody answers. Raises: StackError."""
    variables = project_of(request).environment

    def open_asker(where: str) -> Asker:
        if not where.startswith(_INSIDE):
            return HttpAsker(where)
        name = where.removeprefix(_INSIDE)
        return PipedAsker(f"container {name}", words(name), variables)

    return show(request, arguments, lambda: find(request), open_asker, _FIND_SECONDS)


def find(request: Request) -> Targets:
    """Who is asked. Raises: StackError."""
    found = ours(request)
    targets = running(plan_of(found), request.settings)
    names = [one.name for one in found if one.service == "proxy" and one.is_lasting]
    if len(names) < 2:
        return targets
    # behind the one published port any of them may answer
    return replace(targets, proxies=tuple(f"{_INSIDE}{name}" for name in sorted(names)))


def words(container: str) -> tuple[str, ...]:
    """What starts a process in a container that hears what we say."""
    return ("docker", "exec", "--interactive", container)
