"""Whose word is taken for who asks: addresses that an operator trusts, and what they say.

A header can be sent by anybody. It counts only on a connection from one of these addresses. What
is said there and cannot be read is not taken for nothing: who asks is not known, and not nobody.
"""

import ipaddress
import re

from ollama_observe.metrics.metric import UNNAMED
from proxy.access.entries import ANYBODY
from proxy.access.keys_file import KEY_PREFIX
from proxy.credentials import KEY_HEADERS
from proxy.headers import HOP_BY_HOP
from proxy.heads import RequestHead

USER_LIMIT_BYTES = 120

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HEADER_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_NEVER_NAMES = KEY_HEADERS | HOP_BY_HOP | {b"cookie"}
"""Fields that hold secrets, or belong to one connection: no value of theirs may become a label."""
_KEY = re.compile(rf"(?:^|\s){KEY_PREFIX}")


class UnreadableUser(ValueError):  # noqa: N818 (it is the user that is unreadable)
    """A trusted address names a user in a way that says nobody for certain.

    The message says what was expected, and repeats nothing.
    """


class Trust:
    """Addresses and networks, by commas, and the header in which they name a user.

    Raises: ValueError for what is no address, for what is no header's name, and for a header that
    holds secrets.
    """

    def __init__(self, addresses: str, header: str) -> None:
        self._networks = tuple(_network(word) for word in addresses.split(",") if word.strip())
        name = header.strip().lower()
        if self._networks and not (name and _HEADER_NAME.issuperset(name)):
            raise ValueError("expected the name of a header")
        self._header = name.encode()
        if self._networks and self._header in _NEVER_NAMES:
            raise ValueError(f"expected a header that says who asks, found {name}, which does not")
        self._known: dict[str, bool] = {}

    @property
    def is_everybody(self) -> bool:
        """Whether no address is left out."""
        return any(network.prefixlen == 0 for network in self._networks)

    def user_of(self, head: RequestHead) -> str:
        """Whom the sender of a request names; empty where it may not, or names nobody.

        Raises: UnreadableUser.
        """
        value = head.headers.get(self._header) if self._networks else None
        if value is None or not self._is_trusted(head.peer):
            return ""
        prefix = self._header + b":"
        if sum(line[: len(prefix)].lower() == prefix for line in head.passing) != 1:
            raise UnreadableUser("expected it once, and not named by Connection")
        return read_user(value) if value else ""

    def _is_trusted(self, peer: str) -> bool:
        known = self._known.get(peer)
        if known is None:
            if len(self._known) > _KEPT:
                self._known.clear()
            known = self._known[peer] = _is_in(peer, self._networks)
        return known


_KEPT = 1024


def read_user(value: bytes) -> str:
    """A name as it was written: who can choose how it is quoted could be read as another.

    Source: Open WebUI, utils/headers.py: names are quoted, ids and addresses are not.
    Raises: UnreadableUser.
    """
    try:
        name = value.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableUser("expected UTF-8") from None
    if not 0 < len(value) <= USER_LIMIT_BYTES:
        raise UnreadableUser(f"expected 1 to {USER_LIMIT_BYTES} bytes")
    if not name.isprintable() or name != name.strip():
        raise UnreadableUser("expected letters that can be seen")
    if name in UNNAMED or name == ANYBODY:
        raise UnreadableUser("expected a name that stands for one user")
    if _KEY.search(name):
        raise UnreadableUser("expected a name, and no key")
    return name


def _network(word: str) -> _Network:
    try:
        return ipaddress.ip_network(word.strip())
    except ValueError:
        raise ValueError(
            f"expected addresses or networks by commas, such as 10.0.0.7 or 10.1.0.0/16, found "
            f"{word.strip()!r}"
        ) from None


def _is_in(peer: str, networks: tuple[_Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
