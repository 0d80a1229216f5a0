"""The Portkey gateway: what it wants to be told, and the signs by which it is known. No I/O.

Source: Portkey AI Gateway 1.15.2, src/handlers/proxyHandler.ts and retryHandler.ts; its errors
as they were seen.
"""

import json
import re
from collections.abc import Container

from ollama_observe.wire.portkey import headers_to

SIGNS = (
    "x-portkey-last-used-option-index",
    "x-portkey-provider",
    "x-portkey-gateway-exception",
)
"""Headers of an answer that came from the gateway; the last one where it failed by itself."""

_FETCH_FAILED = re.compile(r"Message: (?P<message>.+?) Cause: (?P<cause>.+?) Name: \w+", re.DOTALL)
# What a JSON parser quotes in its complaint is our request.
_QUOTED = re.compile(r'\.*".*"\.*', re.DOTALL)


def headers(ollama_url: str, trace_id: str) -> dict[str, str]:
    """What a request to the gateway carries, beside a Content-Type of JSON."""
    return {**headers_to(ollama_url), "x-portkey-trace-id": trace_id}


def has_sign(names: Container[str]) -> bool:
    """Whether an answer with these headers, whose case does not matter, is the gateway's."""
    return any(sign in names for sign in SIGNS)


def complaint(body: bytes) -> str | None:
    """The sentence in an error that the gateway wrote itself; None for anybody else's."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return _of_fetch(body.decode("utf-8", "replace"))
    if not isinstance(found, dict):
        return None
    if "html-message" in found:
        return _of_fetch(str(found["html-message"]))
    if found.get("status") != "failure":
        return None
    message = _QUOTED.sub("(...)", str(found.get("message", "")))
    return f"Portkey: {message or 'no reason given'}"


def _of_fetch(text: str) -> str | None:
    failed = _FETCH_FAILED.match(text)
    if failed is None:
        return None
    cause = failed["cause"].removeprefix("Error: ")
    why = failed["message"] if cause == "NA" else f"{failed['message']}, {cause}"
    return f"Portkey got no answer from Ollama: {why}"
