"""`pull-model` in containers: the Ollama that they use fetches MODEL."""

import contextlib
import sys
from collections.abc import Iterator, Sequence

from stack import pulling
from stack.console import say, step
from stack.docker import engine
from stack.docker.containers import Container
from stack.docker.down import remove, take_down
from stack.docker.preparing import Prepared, have_images, ours, prepare, require_ports
from stack.docker.up import bring_up
from stack.request import Request, alone
from stack.settings import DEFAULT_OLLAMA_URL
from stack.wish import Wish

_OLLAMA = "ollama"
_VERB = "pull-model"


def pull_model(request: Request) -> int:
    """Have it fetched; exit code as of Ollama. Raises: UnfitError, StackError."""
    found = ours(request)
    prepared = _prepared(request, found)
    if prepared.choice.has_engine:
        say(pulling.EMBEDDED)
        return 0
    if _OLLAMA not in prepared.services:  # it is outside, and reached from here
        pulling.pull(request.settings.ollama_url or DEFAULT_OLLAMA_URL, request.settings.model)
        return 0
    if _runs(found):
        return _fetched(request, prepared)
    with alone(request), _for_a_while(request) as prepared:
        return _fetched(request, prepared)


def _prepared(request: Request, found: Sequence[Container]) -> Prepared:
    wish = Wish(frozenset({_OLLAMA}))
    return prepare(request, engine.look(request.variables), found, wish, False)


def _runs(found: Sequence[Container]) -> bool:
    return any(one.service == _OLLAMA and one.is_running for one in found)


def _fetched(request: Request, prepared: Prepared) -> int:
    """Asks the registry also where the model is there: it may have a newer one."""
    model = request.settings.model
    step("pulling", f"{model}, by the Ollama in a container")
    is_watched = sys.stdin.isatty() and sys.stdout.isatty()
    flags = () if is_watched else ("-T",)
    return prepared.project.told("exec", *flags, _OLLAMA, "ollama", "pull", model)


@contextlib.contextmanager
def _for_a_while(request: Request) -> Iterator[Prepared]:
    """Ollama runs while the block does; one that runs anyhow goes on."""
    found = ours(request)
    prepared = _prepared(request, found)
    if _runs(found):
        yield prepared
        return
    require_ports(prepared, found, _VERB)
    have_images(request, prepared)
    try:
        bring_up(request, prepared, found, {})
        yield prepared
    finally:
        if any(one.is_running for one in found):
            remove(request, _OLLAMA, [_OLLAMA])
        else:
            take_down(request)
