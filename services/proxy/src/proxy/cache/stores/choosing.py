"""Which store a setting names, and the key that what it holds is hashed with.

What only one kind of store needs is imported when that is chosen.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from proxy.cache.keys import SECRET_BYTES
from proxy.cache.stores.addresses import read_address
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds, Listener, Store


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
    if "://" not in told:
        return Place(Place.FILE, told)
    read_address(told)
    return Place(Place.SERVER, told)


def check_place(place: Place) -> None:
    """Whether there can be a store, as far as a start can tell. Raises: ValueError, OSError."""
    if place.kind == Place.FILE:
        from proxy.cache.stores.private import check_room

        check_room(Path(place.where))
    if place.kind == Place.SERVER:
        from proxy.cache.stores.server import client_of

        client_of(read_address(place.where))


def secret_of(place: Place, told: str) -> bytes:
    """The key of the hashes, of a file kept beside it. Blocks. Raises: ValueError, OSError."""
    if told:
        return told.encode()
    if place.kind == Place.SERVER:
        raise ValueError(
            "expected PROXY_CACHE_SECRET beside a URL, the same for all proxies, found none; "
            "`openssl rand -hex 32` makes one"
        )
    if place.kind == Place.FILE:
        from proxy.cache.stores.key_file import key_file, read_or_make

        check_place(place)
        return read_or_make(key_file(Path(place.where)))
    return secrets.token_bytes(SECRET_BYTES)


def create_store(place: Place, bounds: Bounds, on_gone: Listener) -> Store:
    """The store at a place, not opened yet. Raises: ValueError."""
    if place.kind == Place.FILE:
        from proxy.cache.stores.sqlite import SqliteStore

        return SqliteStore(Path(place.where), bounds, on_gone)
    if place.kind == Place.SERVER:
        from proxy.cache.stores.server import ServerStore

        return ServerStore(read_address(place.where), bounds, on_gone)
    return MemoryStore(bounds, on_gone)
