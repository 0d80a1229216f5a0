"""Questions over HTTP to parts on this machine, with an answer or None, never an exception."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message

from ollama_observe.wire.portkey import GREETING

GATEWAY_GREETING = GREETING.encode()

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
    try:
        asked = urllib.request.Request(url, headers=dict(headers or {}))
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
