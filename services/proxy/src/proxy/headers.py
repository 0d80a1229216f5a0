"""Which headers go through: all but those that belong to one connection.

Source: RFC 9110, 7.6.1. Everything else passes unchanged in both directions, duplicates,
order and spelling included: Host (Ollama's guard against DNS rebinding looks at it), Origin,
Authorization, Content-Encoding, Date and Server of the upstream.
"""

from collections.abc import Collection, Mapping

Headers = Mapping[bytes, bytes]
"""Lower-case name to the first value, of lists to all. What is relayed are the lines themselves."""

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    }
)

# `Connection` may name any field; these carry the message itself, or its sender's identity.
_NOT_BY_NAME = frozenset(
    {
        b"authorization",
        b"close",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"keep-alive",
        b"origin",
        b"transfer-encoding",
    }
)


def named_by_connection(value: bytes) -> frozenset[bytes]:
    """The fields that a `Connection` header makes hop-by-hop."""
    return frozenset(token.strip().lower() for token in value.split(b",")) - _NOT_BY_NAME


def value_of(headers: Headers, name: bytes) -> str:
    """The first value of a header, by lower-case name; empty when it is absent."""
    value = headers.get(name)
    return value.decode("latin-1") if value else ""


def is_plain(headers: Headers) -> bool:
    """Whether a body with these headers comes as it is, under no coding (RFC 9110, 8.4)."""
    coding = headers.get(b"content-encoding")
    return not coding or coding.lower() == b"identity"


def lines_without(lines: list[bytes], names: Collection[bytes]) -> list[bytes]:
    """The field lines whose names, in lower case, are not among `names`."""
    return [line for line in lines if line.partition(b":")[0].lower() not in names]
