"""Addresses of servers: what may be shown of them is not all that they hold."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

SCHEMES = frozenset({"redis", "rediss", "valkey", "valkeys", "unix"})
_PORT = 6379
_EXPECTED = (
    "expected `memory`, a path, redis://HOST:6379/0 (valkey://, with TLS rediss:// or valkeys://) "
    "or unix://PATH, "
)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server answers. `url` may hold a password, `shown` does not."""

    url: str = field(repr=False)
    shown: str


def read_address(told: str) -> ServerAddress:
    """The server that a URL names. Raises: ValueError, without what was told: it may be secret."""
    scheme, _, rest = told.partition("://")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise ValueError(f"{_EXPECTED}found another kind of URL")
    url = scheme.replace("valkey", "redis") + "://" + rest
    try:
        shown = _shown(urlsplit(url))
    except ValueError as error:
        # what urlsplit says of a wrong port may be part of a password
        raise (error if str(error).startswith("expected") else _no_address()) from None
    return ServerAddress(url, shown)


def _shown(parts: SplitResult) -> str:
    if parts.scheme == "unix":
        if not parts.path:
            raise ValueError(f"{_EXPECTED}found no path")
        return f"unix:{parts.path}"
    if not parts.hostname or parts.fragment:
        raise _no_address()
    database = parts.path.strip("/")
    if database and not database.isdecimal():
        raise ValueError("expected a database's number after the host, found something else")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{parts.port or _PORT}/{database or 0}"


def _no_address() -> ValueError:
    return ValueError(
        f"{_EXPECTED}found a URL without a host, or with a port that is none; in a password "
        "`/`, `#`, `?`, `@` and `%` are written %2F, %23, %3F, %40 and %25"
    )
