"""Usage by user, for those who ask for it: a hash of a header's value, or an alias of a key.

Off by default. Nobody is let in or kept out by it, and anybody can send what it goes by: where keys
are asked for (access), or a trusted address says who asks, that counts instead. What identifies a
user here is never kept, logged or shown: a header's value is hashed with a key of the operator's,
and an API key is known by its SHA-256 alone.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from ollama_observe.metrics.metric import NONE, OTHER, UNNAMED
from proxy.credentials import keys_in
from proxy.headers import Headers
from proxy.labels import BoundedLabels
from proxy.settings import ProxySettings

HASH_CHARACTERS = 16
_KEY_LIMIT_BYTES = 64
_LINE = re.compile(r"([A-Za-z0-9._@-]{1,64})\s+([0-9a-fA-F]{64})")


class Users:
    """Whom requests belong to. With a header and aliases, the header counts where it is sent."""

    def __init__(self, settings: ProxySettings, on_overflow: Callable[[], None]) -> None:
        """Raises: ValueError, OSError when the file of aliases cannot be read."""
        self._header = settings.user_header.strip().lower().encode("latin-1")
        key = _as_key(settings.user_salt.get_secret_value())
        self._keyed = hashlib.blake2b(key=key, digest_size=HASH_CHARACTERS // 2)
        path = settings.user_aliases_file
        self._aliases = {} if path is None else read_aliases(path)
        self.is_on = bool(self._header) or path is not None or settings.knows_callers
        self._by_key = path is not None
        self._labels = BoundedLabels(settings.user_label_limit, on_overflow)

    def of(self, headers: Headers) -> str:
        """Who sent a request with these headers: a hash, an alias, `other` or `none`."""
        value = headers.get(self._header) if self._header else None
        if value:
            hashed = self._keyed.copy()
            hashed.update(value)
            return hashed.hexdigest()
        keys = keys_in(headers) if self._by_key else []
        if not keys:
            return NONE
        return self._aliases.get(hashlib.sha256(keys[0]).hexdigest(), OTHER)

    def label(self, user: str, is_proven: bool) -> str:
        """The label of what `of` said; `is_proven` says that the upstream has answered 2xx."""
        if user in UNNAMED:
            return user
        return self._labels.admit(user) if is_proven else self._labels.known(user)


def read_aliases(path: Path) -> dict[str, str]:
    """Lines `alias sha256-of-key`, `#` begins a comment; SHA-256 to alias.

    Raises: ValueError with the number of a line that is none; what it holds is not repeated,
    it may be a key. OSError when the file cannot be read.
    """
    aliases: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        found = _LINE.fullmatch(said)
        if found is None or found[1] in UNNAMED:
            raise ValueError(f"{path}, line {number}: expected an alias and a SHA-256 in hex")
        aliases[found[2].lower()] = found[1]
    return aliases


def _as_key(salt: str) -> bytes:
    """The salt as blake2b takes it: a longer one by its hash."""
    raw = salt.encode()
    return raw if len(raw) <= _KEY_LIMIT_BYTES else hashlib.blake2b(raw).digest()
