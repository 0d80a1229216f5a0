"""Heads of HTTP/1.1 messages: bytes to facts and to the lines that go on.

Strict where two readers could differ on where a message ends: what is ambiguous is refused,
never repaired. Everything else passes as it was written: methods, targets and field values
are opaque bytes, lines are kept whole.
Source: RFC 9112, 2 to 6; RFC 9110, 5.
"""

import re
from dataclasses import dataclass

from proxy.headers import HOP_BY_HOP, Headers, named_by_connection

END = b"\r\n\r\n"
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET = re.compile(rb"[^\x00-\x20\x7f]+")
_STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) ([1-5][0-9][0-9])(?: .*)?")
_CONTROL = bytes({*range(0x20), 0x7F} - {0x09})
_VERSIONS = frozenset({b"HTTP/1.1", b"HTTP/1.0"})
_LENGTH_DIGITS = 19

# Names are few and come again: the lower-case form of those that were seen and are valid.
_NAMES_KEPT = 1024
_names: dict[bytes, bytes] = {}


class MalformedHead(ValueError):  # noqa: N818 (it is the head that is wrong)
    """What came is no head of HTTP/1.1 that has one meaning. The message says why."""


@dataclass(slots=True)
class _Fields:
    """The field lines of a head. `passing` are the lines that go on, as they were written."""

    headers: dict[bytes, bytes]
    passing: list[bytes]
    length: int | None
    """Content-Length; None where there is none."""
    coding: bytes
    """Transfer-Encoding, lower case; empty where there is none."""


@dataclass(slots=True)
class RequestHead:
    """A request's head. `length` is the body's in bytes, None when it is chunked."""

    method: bytes
    target: bytes
    version: bytes
    headers: Headers
    passing: list[bytes]
    length: int | None
    keep_alive: bool


@dataclass(slots=True)
class ResponseHead:
    """A response's head. Without `length` the body is chunked, or ends with the connection."""

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
    lines = _lines(raw)
    parts = lines[0].split(b" ")
    if len(parts) != 3 or parts[2] not in _VERSIONS:
        raise MalformedHead("expected a method, a target and HTTP/1.1, found something else")
    method, target, version = parts
    if not _TOKEN.fullmatch(method) or not _TARGET.fullmatch(target):
        raise MalformedHead("the method or the target holds bytes that have no place in it")
    fields = _fields(lines)
    if fields.coding:
        _expect_chunked(fields, version)
    return RequestHead(
        method,
        target,
        version,
        fields.headers,
        fields.passing,
        None if fields.coding else fields.length or 0,
        _keeps_alive(version, fields.headers),
    )


def read_response(raw: bytes) -> ResponseHead:
    """Read a response's head, without the empty line at its end. Raises: MalformedHead."""
    lines = _lines(raw)
    match = _STATUS_LINE.fullmatch(lines[0])
    if match is None:
        raise MalformedHead("expected HTTP/1.1 and a status, found something else")
    fields = _fields(lines)
    is_chunked = bool(fields.coding)
    if is_chunked and fields.coding != b"chunked":
        raise MalformedHead("a transfer encoding other than chunked")
    if is_chunked and fields.length is not None:  # the coding overrides it (RFC 9112, 6.3)
        fields.passing = [x for x in fields.passing if x[:15].lower() != b"content-length:"]
    version = b"HTTP/" + match[1]
    return ResponseHead(
        version,
        int(match[2]),
        lines[0],
        fields.headers,
        fields.passing,
        None if is_chunked else fields.length,
        is_chunked,
        _keeps_alive(version, fields.headers),
    )


def _lines(raw: bytes) -> list[bytes]:
    lines = raw.split(b"\r\n")
    # CR and LF are control bytes too: all that there are must be the lines' ends
    if len(raw) - len(raw.translate(None, _CONTROL)) != 2 * (len(lines) - 1):
        raise MalformedHead("a control byte in the head, or a line that ends with less than CR LF")
    return lines


def _fields(lines: list[bytes]) -> _Fields:
    fields = _Fields({}, [], None, b"")
    headers, passing = fields.headers, fields.passing
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        lower = _names.get(name) or _new_name(name)
        value = value.strip(b" \t")
        if not colon:
            raise MalformedHead("a line of the head has no colon")
        if lower in HOP_BY_HOP:
            _take_connection_field(fields, lower, value)
        elif lower == b"content-length":
            _take_length(fields, value, line)
        else:
            passing.append(line)
        headers.setdefault(lower, value)
    if b"connection" in headers:
        _drop_named(fields)
    return fields


def _new_name(name: bytes) -> bytes:
    if not _TOKEN.fullmatch(name):
        raise MalformedHead("a field's name is empty or holds bytes that have no place in it")
    lower = name.lower()
    if len(_names) < _NAMES_KEPT:
        _names[name] = lower
    return lower


def _take_connection_field(fields: _Fields, lower: bytes, value: bytes) -> None:
    if lower == b"transfer-encoding":
        fields.coding = fields.coding + b"," + value.lower() if fields.coding else value.lower()
    elif lower == b"connection" and lower in fields.headers:
        fields.headers[lower] += b"," + value


def _take_length(fields: _Fields, value: bytes, line: bytes) -> None:
    # one length, said once or several times over
    said = {part.strip(b" \t") for part in value.split(b",")}
    digits = said.pop()
    if said or not digits.isdigit() or len(digits) > _LENGTH_DIGITS:
        raise MalformedHead("expected one Content-Length in digits, found something else")
    if fields.length is None:
        fields.length = int(digits)
        fields.passing.append(line)
    elif fields.length != int(digits):
        raise MalformedHead("Content-Length is there twice, with different values")


def _expect_chunked(fields: _Fields, version: bytes) -> None:
    if b"content-length" in fields.headers:
        raise MalformedHead("both Content-Length and Transfer-Encoding: where it ends is open")
    if fields.coding != b"chunked" or version != b"HTTP/1.1":
        raise MalformedHead("expected the transfer encoding chunked, found something else")


def _drop_named(fields: _Fields) -> None:
    named = named_by_connection(fields.headers[b"connection"])
    if named and not named.isdisjoint(fields.headers):
        fields.passing[:] = [
            line for line in fields.passing if line.partition(b":")[0].lower() not in named
        ]


def _keeps_alive(version: bytes, headers: Headers) -> bool:
    connection = headers.get(b"connection", b"").lower()
    if version == b"HTTP/1.1":
        return b"close" not in connection
    return b"keep-alive" in connection
