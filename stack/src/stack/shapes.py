"""What an operator's values look like that end up in other programs' files."""

import ipaddress
import string
from typing import Annotated

from pydantic import AfterValidator, Field

_OF_HOSTS = frozenset(string.ascii_letters + string.digits + ".-_")


def _host(value: str) -> str:
    # a colon is an IPv6 address's, or comes before a port that has a variable of its own
    if set(value) - _OF_HOSTS and not _is_address(value):
        raise ValueError("expected a host's name or address alone")
    return value


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    # an address of a link may name an interface, of which that module takes any: fe80::1%eth0
    return not set(text) - _OF_HOSTS - set(":%")


def _page(value: str) -> str:
    if value.isprintable() and not set(value) & set(" #"):
        return value
    raise ValueError("expected an address or a path without blanks, control characters and #")


Host = Annotated[str, AfterValidator(_host)]
"""A host's name, or an address of IPv4 or IPv6."""

Port = Annotated[int, Field(ge=1, le=65535)]

Page = Annotated[str, Field(min_length=1), AfterValidator(_page)]
"""An address or path to which `#section` can be added."""
