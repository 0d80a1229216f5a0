"""`pull-model` in containers: the Ollama that they use fetches MODEL."""

from stack import pulling
from stack.console import say, step
from stack.docker import engine
from stack.docker.preparing import have_images, ours, prepare
from stack.request import Request
from stack.settings import DEFAULT_OLLAMA_URL
from stack.wish import Wish

_SERVICE = "pull-model"


def pull_model(request: Request) -> int:
    """Have it fetched; exit code as of Ollama. Raises: UnfitError, StackError."""
    wish = Wish(frozenset({"ollama"}))
    prepared = prepare(request, engine.look(request.variables), ours(request), wish, False)
    if prepared.choice.has_engine:
        say(pulling.EMBEDDED)
        return 0
    if "ollama" not in prepared.services:  # it is outside, and reached from here
        pulling.pull(request.settings.ollama_url or DEFAULT_OLLAMA_URL, request.settings.model)
        return 0
    have_images(request, prepared)
    step("pulling", f"{request.settings.model}, by the Ollama in a container")
    return prepared.project.told("run", "--rm", _SERVICE)
