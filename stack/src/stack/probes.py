"""Questions over HTTP to parts on this machine, with an answer or None, never an exception."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass

_LONGEST_BODY_BYTES = 16 * 1024 * 1024

# local parts are never reached through the environment's HTTP proxy
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, whatever its status."""

    status: int
    body: bytes


def get(url: str, timeout_seconds: float = 2.0) -> Reply | None:
    """GET `url`; None when nothing answers HTTP there in time."""
    try:
        with _opener.open(url, timeout=timeout_seconds) as response:
            return Reply(response.status, response.read(_LONGEST_BODY_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, b"")
    except (OSError, ValueError, http.client.HTTPException):
        return None


def is_ready(url: str) -> bool:
    """Whether `url` answers 200."""
    reply = get(url)
    return reply is not None and reply.status == 200


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
