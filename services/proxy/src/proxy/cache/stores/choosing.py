"""Which store a setting names, and the key that what it holds is hashed with."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds, Listener, Store

_SCHEMES = frozenset({"redis", "rediss", "valkey", "valkeys", "unix"})
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where answers are kept: `kind` is the label's word, `where` the path or the URL."""

    MEMORY: ClassVar = "memory"
    FILE: ClassVar = "file"
    SERVER: ClassVar = "server"

    kind: str
    where: str = ""


def place_of(told: str) -> Place:
    """What a setting names. Raises: ValueError."""
    told = told.strip()
    if told in ("", Place.MEMORY):
        return Place(Place.MEMORY)
    scheme, is_url, _ = told.partition("://")
    if not is_url:
        return Place(Place.FILE, told)
    if scheme not in _SCHEMES or not (urlsplit(told).hostname or scheme == "unix"):
        raise ValueError("expected `memory`, a path, or redis://host:6379/0, found another address")
    return Place(Place.SERVER, told)


def secret_of(place: Place, told: str) -> bytes:
    """The key of the hashes. Of a file it is kept beside it. Raises: ValueError, OSError."""
    if told:
        return told.encode()
    if place.kind == Place.SERVER:
        raise ValueError(
            "expected PROXY_CACHE_SECRET beside a URL, the same for all proxies, found none; "
            "`openssl rand -hex 32` makes one"
        )
    return secrets.token_bytes(_SECRET_BYTES)


def create_store(place: Place, bounds: Bounds, on_gone: Listener) -> Store:
    """The store at a place. Raises: ValueError, OSError."""
    return MemoryStore(bounds, on_gone)


def key_file(path: Path) -> Path:
    """Where the key of a file's hashes is."""
    return path.with_name(path.name + ".key")
