"""What a request's head says about the cache. Source: RFC 9111, 5.2.1; Portkey's own header."""

from dataclasses import dataclass

from proxy.headers import Headers, value_of

_FORCE_REFRESH = b"x-portkey-cache-force-refresh"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client wants of the cache."""

    refreshes: bool = False
    """No recorded answer: a new one, which takes the place of the old."""
    stores: bool = True
    """The answer may be kept."""


NOTHING_SAID = Wish()


def wish_of(headers: Headers) -> Wish:
    """What these headers ask for."""
    if b"cache-control" not in headers and _FORCE_REFRESH not in headers:
        return NOTHING_SAID
    said = value_of(headers, b"cache-control").lower().split(",")
    directives = {directive.partition("=")[0].strip() for directive in said}
    is_forced = value_of(headers, _FORCE_REFRESH).strip().lower() == "true"
    is_old = any(directive.replace(" ", "") == "max-age=0" for directive in said)
    refreshes = is_forced or is_old or "no-cache" in directives
    return Wish(refreshes, stores="no-store" not in directives)
