"""Questions over HTTP to parts on this machine, with an answer or None, never an exception."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

from ollama_observe.wire.portkey import GREETING

GATEWAY_GREETING = GREETING.encode()

_LONGEST_NAME = 40
_LONGEST_BODY_BYTES = 16 * 1024 * 1024

# local parts are never reached through the environment's HTTP proxy
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, whatever its status."""

    status: int
    body: bytes
    headers: Message


def get(
    url: str, timeout_seconds: float = 2.0, headers: Mapping[str, str] | None = None
) -> Reply | None:
    """GET `url`; None when nothing answers HTTP there in time."""
    return _ask("GET", url, None, headers or {}, timeout_seconds)


def send(
    method: str, url: str, document: Mapping[str, Any], timeout_seconds: float
) -> Reply | None:
    """Send JSON; None when nothing answers HTTP there in time."""
    body = json.dumps(document).encode()
    return _ask(method, url, body, {"Content-Type": "application/json"}, timeout_seconds)


def _ask(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout_seconds: float
) -> Reply | None:
    try:
        asked = urllib.request.Request(url, body, dict(headers), method=method)
        try:
            answer = _opener.open(asked, timeout=timeout_seconds)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Reply(answer.status, answer.read(_LONGEST_BODY_BYTES), answer.headers)
    except (OSError, ValueError, http.client.HTTPException):
        return None


def is_ready(url: str) -> bool:
    """Whether `url` answers 200."""
    reply = get(url)
    return reply is not None and reply.status == 200


def is_gateway(url: str) -> bool:
    """Whether a Portkey gateway answers at `url`."""
    reply = get(f"{url}/")
    return reply is not None and reply.status == 200 and reply.body.strip() == GATEWAY_GREETING


def stranger(url: str) -> str | None:
    """What answers where an Ollama was expected, in words; None where nobody does."""
    reply = get(f"{url}/api/version")
    if reply is None:
        return None
    server = reply.headers.get("Server")
    name = f"{server[:_LONGEST_NAME]} does" if server else "another server does"
    return f"{name} (status {reply.status} for /api/version)"


def ollama_version(url: str) -> str | None:
    """The version of the Ollama at `url`; None when none answers there."""
    reply = get(f"{url}/api/version")
    if reply is None or reply.status != 200:
        return None
    try:
        found = json.loads(reply.body)
    except ValueError:
        return None
    version = found.get("version") if isinstance(found, dict) else None
    return version if isinstance(version, str) else None
