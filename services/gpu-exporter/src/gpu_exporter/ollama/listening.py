"""Which port a process answers Ollama's API on, by what it was started with. Pure.

Only to tell several Ollamas of one machine apart: neither the port nor the rest of the address,
which may hold a password, goes any further.
Source: Ollama envconfig/config.go (Host); services/engine of this repository.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from gpu_exporter.ollama.environment import flags, variables
from gpu_exporter.ollama.runners import is_engine

OLLAMA_PORT = 11434

_OF_SCHEME = {"http": 80, "https": 443}
_PORT = re.compile(r"[0-9]{1,5}")
_HOST = re.compile(
    r"(?:(?P<scheme>https?)://)?(?:\[[^\]]*\]|[^:/@]*)(?::(?P<port>[0-9]{1,5}))?(?:/.*)?"
)


def port_of(words: Sequence[str], block: bytes) -> int | None:
    """The port of a process with these words and this environment; None: it is not understood."""
    told = dict(reversed(list(variables(block))))  # of a name that is there twice the first counts
    if is_engine(words):
        port = {**told, **dict(flags(words))}.get("ENGINE_PORT") or str(OLLAMA_PORT)
        return int(port) if _PORT.fullmatch(port) else None
    found = _HOST.fullmatch(told.get("OLLAMA_HOST", "").strip().strip("\"'"))
    if found is None:
        return None
    default = _OF_SCHEME.get(found["scheme"], OLLAMA_PORT)
    return int(found["port"]) if found["port"] else default


def asked_port(url: str) -> int | None:
    """The port that a URL leads to."""
    parts = urlsplit(url)
    return parts.port or _OF_SCHEME.get(parts.scheme)
