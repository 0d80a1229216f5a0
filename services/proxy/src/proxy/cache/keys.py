"""Names of what is kept: keyed hashes, from which nobody reads or guesses what was asked."""

import hashlib
import hmac

from ollama_observe.service.addresses import is_loopback
from proxy.credentials import KEY_HEADERS
from proxy.headers import Headers
from proxy.heads import RequestHead

_CREDENTIALS = KEY_HEADERS | {b"cookie"}
SECRET_BYTES = 32
"""As long as what it keys is."""


class Keys:
    """Keyed hashes. Who shares a store shares the `secret`, else nothing is found there."""

    def __init__(self, secret: bytes) -> None:
        self._keyed = hmac.new(secret, digestmod=hashlib.sha256)

    def of(self, *parts: bytes) -> bytes:
        """One name for these parts, in this order: 32 bytes."""
        keyed = self._keyed.copy()
        for part in parts:
            # with its length before it, no part runs into the next
            keyed.update(len(part).to_bytes(8, "big"))
            keyed.update(part)
        return keyed.digest()


def caller_of(head: RequestHead, user_header: bytes) -> bytes:
    """Who asks, as far as is known: whose key it brought, credentials that go on, and the user's
    header if one is set.
    """
    names = {*_CREDENTIALS, user_header} if user_header else _CREDENTIALS
    if names.isdisjoint(head.headers):
        return b"caller:" + head.caller if head.caller else b""
    said = [(b"caller", head.caller)] if head.caller else []
    for line in head.passing:  # a field that comes twice counts twice
        name, _, value = line.partition(b":")
        if name.lower() in names:
            said.append((name.lower(), value.strip()))
    # one that Connection names goes no further, and says who asks all the same
    passing = {name for name, _ in said}
    said += [(name, head.headers[name]) for name in sorted(names - passing & head.headers.keys())]
    return b"\n".join(name + b":" + value for name, value in said)


def page_of(headers: Headers) -> bytes:
    """The page that asks, and the name it asks by, as far as Ollama's guards look at them.

    A strange page is refused by its Origin, or by its Host where it goes by a name that it made
    lead here; and to a page that is not, its own Origin is said again.
    """
    origin, host = headers.get(b"origin", b""), headers.get(b"host", b"").lower()
    if origin:
        return origin + b"\n" + host
    name, _, port = host.rpartition(b":")
    name = name if port.isdigit() else host
    is_own = not name or is_loopback(name.strip(b"[]").decode("latin-1"))
    return b"" if is_own else name
