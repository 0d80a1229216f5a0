"""The entries of a file as they are asked for: by a key, or by an alias.

How long a look takes says nothing of the keys. What is looked up is not the hash of the given key
but a keyed hash of that, under a secret that this process made at random: nobody outside can know
or steer which places of the table are touched. What is found there, or a stand-in where nothing
is, is then compared in constant time.
Keys are 256 random bits, so that SHA-256 is enough to store them by: there is nothing to guess,
hence nothing that a slow hash would make harder.
"""

import hmac
import secrets
from collections.abc import Iterable
from hashlib import sha256

from proxy.access.entries import ANYBODY, Entry

_STAND_IN = bytes(32)


class KeyRing:
    """The entries of one file."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._secret = secrets.token_bytes(32)
        self._by_key = {
            self._place(digest): (digest, entry)
            for entry in self.entries
            for digest in entry.digests
        }
        self._by_alias = {entry.alias: entry for entry in self.entries}
        self.anybody = self._by_alias.get(ANYBODY)
        """What holds for those whom a trusted address names and who have no entry."""

    @property
    def aliases(self) -> list[str]:
        """Those with an entry of their own."""
        return [alias for alias in self._by_alias if alias != ANYBODY]

    def owner(self, key: bytes) -> Entry | None:
        """Whose key this is; None: nobody's."""
        digest = sha256(key).digest()
        expected, entry = self._by_key.get(self._place(digest), (_STAND_IN, None))
        return entry if hmac.compare_digest(digest, expected) else None

    def named(self, alias: str) -> Entry | None:
        """The entry of an alias."""
        return self._by_alias.get(alias) if alias != ANYBODY else None

    def _place(self, digest: bytes) -> bytes:
        return hmac.digest(self._secret, digest, "sha256")
