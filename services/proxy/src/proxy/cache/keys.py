"""Names of what is kept: keyed hashes, from which nobody reads or guesses what was asked."""

import hashlib
import hmac

from proxy.headers import Headers

_CREDENTIALS = (b"authorization", b"x-api-key", b"cookie")


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


def caller_of(headers: Headers, user_header: bytes) -> bytes:
    """Who asks, as far as the request says: credentials, and the user's header if one is set."""
    names = (*_CREDENTIALS, user_header) if user_header else _CREDENTIALS
    said = [name + b":" + headers[name] for name in names if name in headers]
    return b"\n".join(said)
