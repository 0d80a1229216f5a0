"""Which headers go through: all but those that belong to one connection.

Source: RFC 9110, 7.6.1. Everything else passes unchanged in both directions, duplicates
and order included: Host (Ollama's guard against DNS rebinding looks at it), Origin,
Authorization, Content-Encoding, Date and Server of the upstream.
"""

from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers without hop-by-hop ones and those that `Connection` names."""
    held = list(headers)
    dropped = _HOP_BY_HOP
    for name, value in held:
        if name.lower() == b"connection":
            dropped |= {token.strip().lower() for token in value.split(b",")}
    return [(name, value) for name, value in held if name.lower() not in dropped]


def to_upstream(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """What a request takes along. `Expect` is answered here, before the body is read."""
    return [(name, value) for name, value in end_to_end(headers) if name.lower() != b"expect"]


def value_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """The first value of a header, by lower-case name; empty when it is absent."""
    for key, value in headers:
        if key.lower() == name:
            return value.decode("latin-1")
    return ""
