"""The page's files, read from their folder when they are asked for.

A file is found by its name among those of the folder, never by a path that a request makes: what is
not in it, is hidden, or is no kind of file that a page is made of, is not there.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

INDEX = "index.html"
VENDORED = "vendor"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}

_PAGE = "no-store"
_ASK_AGAIN = "no-cache"
_KEEP = "public, max-age=31536000, immutable"
"""Vendored files have their version in their name."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page, and what a browser is told of it. `etag` names its bytes."""

    body: bytes
    content_type: str
    cache_control: str
    etag: str


class Pages:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def find(self, path: str) -> File | None:
        """The file of an address's path; None where there is none. Reads the disk."""
        asked = path.removeprefix("/") or INDEX
        name = PurePosixPath(asked)
        if name.suffix not in TYPES or not all(map(_is_plain, asked.split("/"))):
            return None
        try:
            found = (self._folder / name).resolve()
            body = found.read_bytes() if found.is_relative_to(self._folder) else None
        except (OSError, ValueError):  # it vanished, is a folder, may not be read, is too long
            return None
        return None if body is None else _file(name, body)


def _is_plain(part: str) -> bool:
    """Whether a part of a path is a name, and nothing with a meaning of its own."""
    return bool(part) and not part.startswith(".") and not set(part) & set("\\:\0")


def _file(name: PurePosixPath, body: bytes) -> File:
    caching = _ASK_AGAIN
    if str(name) == INDEX:
        caching = _PAGE
    elif name.parts[0] == VENDORED:
        caching = _KEEP
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return File(body, TYPES[name.suffix], caching, etag)
