"""A request on its way out: its head and body as they are sent, by a way that can still change.

Most bodies go out as they come. Some are kept until they are whole, because they decide the way
or go out otherwise than they came.
"""

from proxy.heads import RequestHead
from proxy.holding import Holding
from proxy.injector import LIMIT_BYTES, Injector
from proxy.routing import Bypass
from proxy.ways import Way
from proxy.witness import Witness


class Outgoing:
    """One request, from its head to its last byte. `injector` may have its body rewritten.

    Raises: Refusal for a request that has no form in which it could be sent.
    """

    _whole: bytes | None = None
    """A body that was kept; None where it was too long."""
    _asks_usage = False
    _holding: Holding | None = None
    is_held = False
    """Nothing is to be sent yet: the body is being kept."""
    size = 0
    """Bytes of the body that wait to be sent."""

    def __init__(
        self, request: RequestHead, way: Way, witness: Witness, injector: Injector | None
    ) -> None:
        self.way = way
        self._request = request
        self._witness = witness
        self._injector = injector
        self._head = way.head(request)
        self._pieces: list[bytes] = []
        limit = max(way.body_limit_bytes, LIMIT_BYTES if injector is not None else 0)
        if limit:
            self._holding, self.is_held = Holding(limit), True

    @property
    def is_begun(self) -> bool:
        """Some of it was sent."""
        return not self._head

    def add(self, raw: bytes, pieces: list[bytes], is_whole: bool) -> None:
        """Bytes of the body as they came, perhaps none, and the payload in them."""
        if self._holding is not None and self.is_held:
            self._hold(self._holding, raw, pieces, is_whole)
        elif raw:
            self._pieces.append(raw)
            self.size += len(raw)

    def take(self) -> bytes:
        """What is to be sent now, the head first; empty where there is nothing."""
        pieces = self._pieces
        if self._head:
            pieces.insert(0, self._head)
            self._head = b""
        if not pieces:
            return b""
        self._pieces, self.size = [], 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def reroute(self, reason: Bypass) -> bool:
        """Change to another way, if there is one; False where something was sent already."""
        other = None if self.is_begun else self.way.instead(reason)
        if other is None:
            return False
        self.way = other
        self._witness.rerouted(reason)
        if self._holding is None:
            self._head = other.head(self._request)
        else:
            self._fill(self._holding)
        return True

    def _hold(self, holding: Holding, raw: bytes, pieces: list[bytes], is_whole: bool) -> None:
        """Keep the body until it is whole, or too long to be kept."""
        holding.add(raw, pieces)
        if not holding.is_due(is_whole):
            return
        self.is_held = False
        self._whole = holding.payload if is_whole else None
        if self._whole is not None and self._injector is not None:
            asking = self._injector.asking(self._whole, self._witness.facts)
            if asking is not None:
                self._whole, self._asks_usage = asking, True
                self._witness.usage_asked()
        self._fill(holding)

    def _fill(self, holding: Holding) -> None:
        """Let a body that was kept go out by its way, or by another where it cannot."""
        way, whole = self.way, self._whole
        rewritten_bytes = len(whole) if self._asks_usage and whole is not None else 0
        self._request.held_bytes = holding.held_bytes + rewritten_bytes
        body = way.body(whole)
        if body is None and self.reroute(Bypass.BODY):
            return
        is_changed = self._asks_usage or body is not whole
        if body is None or not (is_changed or (way.frames_anew and holding.has_framing)):
            body, length = holding.raw, None
        else:
            length = len(body)
        self._head = way.head(self._request, length, self._asks_usage)
        self._pieces, self.size = [body], len(body)
