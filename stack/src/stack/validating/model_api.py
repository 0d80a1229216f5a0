"""What answers as Ollama, and whether it has the model."""

import difflib
import json
from collections.abc import Iterator, Sequence

from ollama_observe.service.addresses import without_credentials
from stack import probes
from stack.errors import StackError
from stack.model_api import Found, ModelApi, choose
from stack.request import Request
from stack.settings import DEFAULT_OLLAMA_URL
from stack.validating.finding import Finding

_NAMED_AT_MOST = 5


def of_a_start(request: Request, found: Found, engine_url: str) -> tuple[ModelApi | None, Finding]:
    """What processes of this machine would stand in front of; None where a start would not."""
    try:
        api = choose(request.settings, found, engine_url)
    except StackError as error:
        return None, Finding("model API", False, error.why, error.remedy)
    return api, Finding("model API", True, api.reason)


def of_what_runs(url: str, said: str) -> Finding:
    """Whether what the running proxy stands in front of still answers; `said` is of the start."""
    shown = without_credentials(url)
    if probes.ollama_version(url) is None:
        why = f"nothing answers at {shown} any more (at the start: {said})"
        return Finding("model API", None, why, "ollama serve, or make restart")
    return Finding("model API", True, said)


def models(request: Request, api: ModelApi | None) -> Iterator[Finding]:
    """Whether an Ollama has MODEL; the embedded engine has its own."""
    if api is None or api.is_embedded:
        return
    had = names_at(api.url)
    if had is None:
        yield Finding("model", None, f"{without_credentials(api.url)} does not tell which it has")
        return
    yield of_model(request.settings.model, had, bool(request.variables.get("MODEL")))


def names_at(url: str = DEFAULT_OLLAMA_URL) -> list[str] | None:
    """The models of an Ollama; None where it does not say."""
    reply = probes.get(f"{url}/api/tags")
    if reply is None or reply.status != 200:
        return None
    try:
        return sorted(str(one["name"]) for one in json.loads(reply.body)["models"])
    except (ValueError, LookupError, TypeError):
        return None


def of_model(wanted: str, had: Sequence[str], is_named: bool) -> Finding:
    """Whether the model is among those that it has; pure. `is_named`: MODEL says which."""
    full = wanted if ":" in wanted else f"{wanted}:latest"
    if full in had:
        return Finding("model", True, f"{wanted} is there")
    if had and not is_named:
        return Finding("model", True, f"{_list(had)}")
    near = difflib.get_close_matches(full, had, n=1)
    there = f"there are {_list(had)}" if had else "it has none"
    why = f"Ollama has no {wanted}, {there}"
    meant = f"did you mean {near[0]}? Else " if near else ""
    return Finding("model", None, why, f"{meant}make pull-model MODEL={wanted}")


def _list(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
