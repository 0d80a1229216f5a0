"""`pull-model`: Ollama fetches MODEL, and tells how far it is."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ollama_observe.service.addresses import without_credentials
from stack import model, model_api, supervised
from stack.bar import download_bar
from stack.console import say, step
from stack.errors import StackError
from stack.model_api import ModelApi
from stack.parts import engine_part
from stack.plan import Plan
from stack.request import Request

UNKNOWN = "Ollama's library has no model of that name and tag, look for its spelling there"

EMBEDDED = "the embedded engine has its own model, smollm2:135m; MODEL is for an Ollama"

_SILENT_AT_MOST_SECONDS = 300.0
_EMBEDDED_SUFFIX = "+embedded"

# Ollama is never asked through the environment's HTTP proxy
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of Ollama's account. Units: bytes, 0 where it tells of none."""

    status: str
    done: int
    total: int


def pull_model(request: Request) -> int:
    """Have the Ollama that the stack stands in front of fetch it. Raises: StackError."""
    found = model_api.look(request.settings)
    engine = engine_part(request.settings, request.places).addresses[0].url
    api = model_api.choose(request.settings, found, engine)
    running = Plan.load(request.places.run) if supervised.connect(request.socket) else None
    _require_answer(running, api)
    if api.is_embedded or (found.version or "").endswith(_EMBEDDED_SUFFIX):
        model.ensure(request.places)
        say(EMBEDDED)
        return 0
    pull(api.url, request.settings.model)
    return 0


def _require_answer(running: Plan | None, api: ModelApi) -> None:
    """Raises: StackError where the stack runs before an Ollama that answers no more; pure."""
    if running is None or not running.api_url or running.part("engine") or not api.is_embedded:
        return
    url = running.api_url
    raise StackError(f"the Ollama at {url} answers no more", model_api.how_to_start(url))


def pull(url: str, name: str) -> None:
    """Have the Ollama at `url` fetch a model. Raises: StackError with what it says."""
    shown = without_credentials(url)
    step("pulling", f"{name}, by the Ollama at {shown}")
    asked = urllib.request.Request(
        f"{url}/api/pull",
        json.dumps({"model": name}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with (
            _opener.open(asked, timeout=_SILENT_AT_MOST_SECONDS) as answer,
            download_bar() as advance,
        ):
            status = ""
            for line in progress(name, answer):
                status = line.status
                if line.total:
                    advance(line.done, line.total)
    except urllib.error.HTTPError as error:
        raise StackError(f"{name}: {_said(error.read())} (status {error.code})") from error
    except (OSError, http.client.HTTPException) as error:
        raise StackError(f"{name}: the Ollama at {shown} broke off: {error}") from error
    if status != "success":
        raise StackError(f"{name}: the Ollama at {shown} ended with {status or 'no word'!r}")
    step("", f"{name} is there")


def progress(name: str, lines: Iterable[bytes]) -> Iterator[Progress]:
    """Ollama's account, line by line. Raises: StackError for an error that it tells."""
    for line in lines:
        said = json.loads(line)
        if "error" in said:
            raise StackError(f"{name}: {said['error']}{_hint(str(said['error']))}")
        yield Progress(said.get("status", ""), said.get("completed", 0), said.get("total", 0))


def _hint(error: str) -> str:
    """Its library's word for a name that it does not know is a file's."""
    return f": {UNKNOWN}" if "file does not exist" in error else ""


def _said(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, LookupError, TypeError):
        return "no reason given"
