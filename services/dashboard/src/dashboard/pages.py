"""The page's files, read from their folder when they are asked for.

A file is found by its name among those of the folder, never by a path that a request makes: what is
not in it, is hidden, or is no kind of file that a page is made of, is not there. Text is compressed
once and kept, until the file is another.
"""

import gzip
import hashlib
from collections.abc import Iterator
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

_COMPRESSED_ALREADY = frozenset({".png", ".ico", ".woff2"})
_ASK_AGAIN = "no-cache"
_KEEP = "public, max-age=31536000, immutable"
"""Vendored files have their version in their name."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes as they go to a browser, and what it is told of them."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page. `etag` names its bytes; `packed` are they in gzip, if that is shorter."""

    body: bytes
    packed: bytes | None
    content_type: str
    cache_control: str
    etag: str

    def sent(self, accept_encoding: str) -> Sent:
        """What goes to a browser that accepts these encodings."""
        headers = {
            "content-type": self.content_type,
            "cache-control": self.cache_control,
            "etag": f'"{self.etag}"',
        }
        if self.packed is None:
            return Sent(self.body, headers)
        headers["vary"] = "accept-encoding"
        if not takes_gzip(accept_encoding):
            return Sent(self.body, headers)
        # other bytes have another name (RFC 9110, 8.8.3.3)
        headers |= {"etag": f'"{self.etag}-gzip"', "content-encoding": "gzip"}
        return Sent(self.packed, headers)


class Pages:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._files: dict[str, File] = {}

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
        return None if body is None else self._kept(name, body)

    def _kept(self, name: PurePosixPath, body: bytes) -> File:
        file = self._files.get(str(name))
        if file is None or file.body != body:
            file = self._files[str(name)] = _file(name, body)
        return file


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a browser reads gzip. Source: RFC 9110, 12.5.3."""
    weights = dict(_weights(accept_encoding))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weights(accept_encoding: str) -> Iterator[tuple[str, float]]:
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.partition(";")
        try:
            yield name.strip(), float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue


def _is_plain(part: str) -> bool:
    """Whether a part of a path is a name, and nothing with a meaning of its own."""
    return bool(part) and not part.startswith(".") and not set(part) & set("\\:\0")


def _file(name: PurePosixPath, body: bytes) -> File:
    packed = None if name.suffix in _COMPRESSED_ALREADY else gzip.compress(body, mtime=0)
    return File(
        body,
        packed if packed is not None and len(packed) < len(body) else None,
        TYPES[name.suffix],
        _KEEP if name.parts[0] == VENDORED else _ASK_AGAIN,
        hashlib.sha256(body).hexdigest()[:32],
    )
