"""Heads of HTTP/1.1 messages: bytes to facts and to the lines that go on.

Strict where two readers could differ on where a message ends: what is ambiguous is refused,
never repaired. Everything else passes as it was written: methods, targets and field values
are opaque bytes, lines are kept whole.
Source: RFC 9112, 2 to 6; RFC 9110, 5.
"""

import re
from functools import lru_cache

import msgspec

from ollama_observe.wire.endpoints import METHODS
from proxy.headers import HOP_BY_HOP, Headers, lines_without, named_by_connection
from proxy.portkey.fields import FORCE_REFRESH

END = b"\r\n\r\n"
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: .*)?")
_CONTROL = bytes({*range(0x20), 0x7F} - {0x09})
_VERSIONS = frozenset({b"HTTP/1.1", b"HTTP/1.0"})
_LENGTH_DIGITS = 19

# Fields whose lines come again and again, and hold no secret and nothing of one request alone:
# what was read of such a line is kept.
_RECURRING = frozenset(
    {
        *(b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"connection"),
        *(b"content-type", b"host", b"origin", b"server", b"transfer-encoding", b"user-agent"),
        *(b"vary", b"access-control-allow-origin", b"x-stainless-lang", b"x-stainless-os"),
    }
)
_LISTS = frozenset(
    {
        *(b"connection", b"content-length", b"transfer-encoding"),
        *(b"cache-control", FORCE_REFRESH),
    }
)
# What belongs to one connection; how a message is framed is decided where it is read.
_OWN = HOP_BY_HOP - {b"transfer-encoding"}
# What nearly every `Connection` says: it names no field.
_NAMING_NONE = frozenset({b"keep-alive", b"close"})
_LINES_KEPT = 1024
_LINE_KEPT_BYTES = 256
_lines_read: dict[bytes, tuple[bytes, bytes]] = {}
_METHODS = frozenset(method.encode() for method in METHODS)


class MalformedHead(ValueError):  # noqa: N818 (it is the head that is wrong)
    """What came is no head of HTTP/1.1 that has one meaning. The message says why."""


class RequestHead(msgspec.Struct, eq=False):
    """A request's head. `length` is the body's in bytes, None when it is chunked.

    `passing` are the field lines that go on, as they were written.
    """

    method: bytes
    target: bytes
    version: bytes
    headers: Headers
    passing: list[bytes]
    length: int | None
    keep_alive: bool
    peer: str = ""
    """The address of who sent it; empty where nobody looks at that."""
    caller: bytes = b""
    """Who asks, where that is known; else what the request says must do."""
    held_bytes: int = 0
    """What its body takes here, where it was kept, or as much of it as is kept."""


class ResponseHead(msgspec.Struct, eq=False):
    """A response's head. Without `length` the body is chunked, or ends with the connection.

    `passing` are the field lines that go on; of a chunked body its Transfer-Encoding as well.
    """

    version: bytes
    status: int
    status_line: bytes
    headers: Headers
    passing: list[bytes]
    length: int | None
    is_chunked: bool
    keep_alive: bool
    is_endless: bool = False
    """The body ends with the connection: what was asked for decides, so the asker's side says."""


def read_request(raw: bytes) -> RequestHead:
    """Read a request's head, without the empty line at its end. Raises: MalformedHead."""
    first, lines = _lines(raw)
    parts = first.split(b" ")
    if len(parts) != 3 or parts[2] not in _VERSIONS:
        raise MalformedHead("expected a method, a target and HTTP/1.1, found something else")
    method, target, version = parts
    # no space and no control byte is in either by now, but for tabs
    if not target or b"\t" in target or not (method in _METHODS or _TOKEN.fullmatch(method)):
        raise MalformedHead("the method or the target holds bytes that have no place in it")
    headers, passing = _fields(lines)
    length: int | None = 0
    if b"transfer-encoding" in headers:
        length = None
        _expect_chunked(headers, version)
        passing = lines_without(passing, (b"transfer-encoding",))
    elif b"content-length" in headers:
        length = _length(headers[b"content-length"])
    keep_alive = _keeps_alive(version, headers.get(b"connection"))
    return RequestHead(method, target, version, headers, passing, length, keep_alive)


def read_response(raw: bytes) -> ResponseHead:
    """Read a response's head, without the empty line at its end. Raises: MalformedHead."""
    first, lines = _lines(raw)
    version, status = _read_status(first)
    headers, passing = _fields(lines)
    is_chunked = b"transfer-encoding" in headers
    length = None
    if b"content-length" in headers:
        length = _length(headers[b"content-length"])
        if is_chunked:  # the coding overrides it (RFC 9112, 6.3)
            passing, length = lines_without(passing, (b"content-length",)), None
    if is_chunked and headers[b"transfer-encoding"].lower() != b"chunked":
        raise MalformedHead("a transfer encoding other than chunked")
    keep_alive = _keeps_alive(version, headers.get(b"connection"))
    return ResponseHead(version, status, first, headers, passing, length, is_chunked, keep_alive)


@lru_cache(maxsize=64)
def _read_status(line: bytes) -> tuple[bytes, int]:
    """Version and status of a response's first line."""
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise MalformedHead("expected HTTP/1.1 and a status, found something else")
    return line[:8], int(match[1])


def _lines(raw: bytes) -> tuple[bytes, list[bytes]]:
    """The first line, and the fields' lines."""
    lines = raw.split(b"\r\n")
    # CR and LF are control bytes too: all that there are must be the lines' ends
    if len(raw) - len(raw.translate(None, _CONTROL)) != 2 * (len(lines) - 1):
        raise MalformedHead("a control byte in the head, or a line that ends with less than CR LF")
    return lines.pop(0), lines


def _fields(lines: list[bytes]) -> tuple[dict[bytes, bytes], list[bytes]]:
    """Lower-case name to value, and the lines that go on.

    Of a field that comes twice the first value stays; those that frame the message, `Connection`,
    and what is said to the answer cache are lists, and are put together.
    """
    read = [_lines_read.get(line) or _read_line(line) for line in lines]
    headers = dict(read)
    if len(headers) != len(lines):
        return _fields_of_several(lines, read)
    if _OWN.isdisjoint(headers):
        return headers, lines
    passing, names = lines.copy(), list(headers)
    for name in _dropped(headers.get(b"connection")) & headers.keys():
        place = names.index(name)
        del passing[place], names[place]
    return headers, passing


def _fields_of_several(
    lines: list[bytes], read: list[tuple[bytes, bytes]]
) -> tuple[dict[bytes, bytes], list[bytes]]:
    """The same where a field comes twice. One length is enough."""
    headers: dict[bytes, bytes] = {}
    for name, value in read:
        is_same_length = name == b"content-length" and headers.get(name) == value
        if name in _LISTS and name in headers and not is_same_length:
            headers[name] += b"," + value
        else:
            headers.setdefault(name, value)
    dropped = set(_dropped(headers.get(b"connection")))
    passing = []
    for line, (name, _) in zip(lines, read, strict=True):
        if name not in dropped:
            passing.append(line)
        if name == b"content-length":
            dropped.add(name)
    return headers, passing


def _read_line(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon:
        raise MalformedHead("a line of the head has no colon")
    is_short = len(line) <= _LINE_KEPT_BYTES  # no client fills the memory with what is kept
    lower = _read_name(name) if is_short else _read_name.__wrapped__(name)
    read = lower, value.strip(b" \t")
    if is_short and lower in _RECURRING:
        if len(_lines_read) >= _LINES_KEPT:
            _lines_read.clear()
        _lines_read[line] = read
    return read


@lru_cache(maxsize=256)
def _read_name(name: bytes) -> bytes:
    if not _TOKEN.fullmatch(name):
        raise MalformedHead("a field's name is empty or holds bytes that have no place in it")
    return name.lower()


def _dropped(connection: bytes | None) -> frozenset[bytes]:
    """The fields that belong to this connection."""
    if connection is None or connection in _NAMING_NONE:
        return _OWN
    return _OWN | named_by_connection(connection)


def _length(value: bytes) -> int:
    if value.isdigit() and len(value) <= _LENGTH_DIGITS:
        return int(value)
    raise MalformedHead("expected one Content-Length in digits, found something else")


def _expect_chunked(headers: Headers, version: bytes) -> None:
    if b"content-length" in headers:
        raise MalformedHead("both Content-Length and Transfer-Encoding: where it ends is open")
    if headers[b"transfer-encoding"].lower() != b"chunked" or version != b"HTTP/1.1":
        raise MalformedHead("expected the transfer encoding chunked, found something else")


def _keeps_alive(version: bytes, connection: bytes | None) -> bool:
    if connection is None:
        return version == b"HTTP/1.1"
    if version == b"HTTP/1.1":
        return b"close" not in connection.lower()
    return b"keep-alive" in connection.lower()
