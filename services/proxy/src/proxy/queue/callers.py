"""Whose a request is, and of which class, as far as it says."""

import hashlib
import secrets

from proxy.headers import lines_without, value_of
from proxy.heads import RequestHead
from proxy.queue.priorities import Priority, UnknownPriority, priority_of


class Callers:
    """Reads the heads of requests. Names of headers in any case; empty: that one is not read."""

    def __init__(self, client_header: str, priority_header: str, default: Priority) -> None:
        self._client = client_header.strip().lower().encode("latin-1")
        self._shown = priority_header.strip()
        self._priority = self._shown.lower().encode("latin-1")
        self._default = default
        # what identifies a client is not kept, and means nothing elsewhere
        self._keyed = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=16)

    def client_of(self, head: RequestHead, alias: str = "") -> str:
        """Whose a request is: by the alias of its key and what its header says, by either of
        them, or by the address that it comes from.

        What nobody has looked at says nothing: with keys that it makes up anybody is many.
        """
        said = head.headers.get(self._client) if self._client else None
        if said:
            return self._hash(alias.encode(), said)
        return "alias " + alias if alias else head.peer

    def priority_of(self, head: RequestHead, given: Priority | None = None) -> Priority:
        """Of which class a request is; `given` is the highest that its key may have, if it says so.

        What says so is taken out of what goes on. Raises: UnknownPriority.
        """
        count = self.strip(head)
        if not count:
            return self._default if given is None else given
        if count > 1:
            raise UnknownPriority(f"{self._shown}: expected it once, found it more often")
        found = priority_of(self._shown, value_of(head.headers, self._priority))
        return found if given is None else max(found, given)

    def strip(self, head: RequestHead) -> int:
        """Take what says the class out of what goes on; how often it was there."""
        if not self._priority or self._priority not in head.headers:
            return 0
        count, head.passing = len(head.passing), lines_without(head.passing, (self._priority,))
        return max(1, count - len(head.passing))

    def _hash(self, alias: bytes, said: bytes) -> str:
        keyed = self._keyed.copy()
        keyed.update(b"%d %b%b" % (len(alias), alias, said))
        return keyed.hexdigest()
