"""What a request's head says about the cache. Source: RFC 9111, 5.2.1; Portkey's own header."""

from dataclasses import dataclass

from proxy.headers import Headers, value_of
from proxy.portkey.fields import FORCE_REFRESH


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client wants of the cache."""

    refreshes: bool = False
    """No recorded answer: a new one, which takes the place of the old."""
    stores: bool = True
    """The answer may be kept."""
    max_age_seconds: float | None = None
    """No recorded answer that is older."""

    def takes(self, age_seconds: float) -> bool:
        """Whether an answer of this age will do."""
        return self.max_age_seconds is None or age_seconds <= self.max_age_seconds


NOTHING_SAID = Wish()


def wish_of(headers: Headers) -> Wish:
    """What these headers ask for."""
    if b"cache-control" not in headers and FORCE_REFRESH not in headers:
        return NOTHING_SAID
    found = [_directive(one) for one in value_of(headers, b"cache-control").lower().split(",")]
    names = {name for name, _ in found}
    ages = [_seconds(value) for name, value in found if name == "max-age"]
    oldest = min(ages, default=None)
    forced = value_of(headers, FORCE_REFRESH).lower().split(",")
    is_forced = any(one.strip() == "true" for one in forced)
    refreshes = is_forced or oldest == 0 or "no-cache" in names
    return Wish(refreshes, "no-store" not in names, oldest)


def _directive(said: str) -> tuple[str, str]:
    name, _, value = said.partition("=")
    return name.strip(), value.strip().strip('"')


def _seconds(said: str) -> float:
    """What cannot be read asks for a new answer: it asked for a young one."""
    return float(said) if said.isascii() and said.isdigit() else 0.0
