"""`start-ollama`: what answers as Ollama, by itself: the Ollama installed here, or the engine."""

import shutil
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback, without_credentials
from stack import model_api
from stack.console import say
from stack.errors import StackError
from stack.model_api import Found
from stack.parts import Address, Part
from stack.request import Request
from stack.settings import DEFAULT_OLLAMA_URL, StackSettings
from stack.wish import Wish

NAME = "ollama"

_READY_WITHIN_SECONDS = 60.0
_STOP_SECONDS = 20.0


def start_ollama(request: Request) -> int:
    """Start it where none answers; that one does is no error. Raises: StackError."""
    from stack.start import start

    found = model_api.look(request.settings)
    url = request.settings.ollama_url or DEFAULT_OLLAMA_URL
    if found.version is not None and request.settings.engine != "embedded":
        say(f"Ollama {found.version} answers at {without_credentials(url)}: nothing to start")
        return 0
    return start(request, "start-ollama", wish_for(request.settings, found))


def wish_for(settings: StackSettings, found: Found) -> Wish:
    """Which of them; pure. Raises: StackError for an address that is another machine's."""
    url = settings.ollama_url or DEFAULT_OLLAMA_URL
    if settings.engine == "embedded":
        return Wish(frozenset({"engine"}))
    if not is_loopback(urlsplit(url).hostname or ""):
        shown = without_credentials(url)
        raise StackError(f"no Ollama answers at OLLAMA_URL={shown}, which is not ours to start")
    return Wish(frozenset({NAME if found.is_installed else "engine"}))


def ollama_part(settings: StackSettings, path: str | None = None) -> Part:
    """The Ollama installed on this PATH. Raises: StackError where only its application is."""
    program = shutil.which("ollama", path=path)
    if program is None:
        raise StackError("Ollama's application is installed and no command: open the application")
    parts = urlsplit(settings.ollama_url or DEFAULT_OLLAMA_URL)
    address = Address(NAME, parts.hostname or "127.0.0.1", parts.port or 11434, "OLLAMA_URL")
    return Part(
        name=NAME,
        command=(program, "serve"),
        addresses=(address,),
        ready_url=f"{address.url}/api/version",
        ready_within_seconds=_READY_WITHIN_SECONDS,
        stop_seconds=_STOP_SECONDS,
        environment={"OLLAMA_HOST": address.listened},
    )
