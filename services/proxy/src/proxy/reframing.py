"""Answers that cannot go on in the framing in which they came.

Chunks are no part of HTTP/1.0; and where token counts are taken out again, the chunks that
held them are others.
"""

from proxy.bodies import BODILESS
from proxy.heads import ResponseHead
from proxy.injector import Injector

_FRAMING = (b"transfer-encoding:", b"content-length:")
LAST_CHUNK = b"0\r\n\r\n"


class Reframing:
    """One such answer: its payload in chunks of our own, or bare, up to the connection's end."""

    def __init__(self, injector: Injector | None, is_chunked: bool) -> None:
        self._injector = injector
        self.is_chunked = is_chunked
        self.withheld_bytes = 0
        """Payload that came and did not go on so far."""

    def lines(self, lines: list[bytes]) -> list[bytes]:
        """The head's lines with the framing that the body has now."""
        kept = [line for line in lines if not line.lower().startswith(_FRAMING)]
        return [*kept, b"Transfer-Encoding: chunked"] if self.is_chunked else kept

    def feed(self, pieces: list[bytes], is_done: bool) -> bytes:
        """What goes to the client of these pieces of payload."""
        framed = self._framed(pieces, is_done)
        return framed + LAST_CHUNK if is_done and self.is_chunked else framed

    def broken_off(self) -> bytes:
        """What was held back of an answer that ends in its midst."""
        return self._framed([], is_done=True)

    def _framed(self, pieces: list[bytes], is_done: bool) -> bytes:
        if self._injector is not None:
            self.withheld_bytes += sum(map(len, pieces))
            pieces = self._injector.strip(pieces, is_done)
            self.withheld_bytes -= sum(map(len, pieces))
        if not self.is_chunked:
            return b"".join(pieces)
        return b"".join([b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece])


def reframing_of(
    version: bytes, head: ResponseHead, injector: Injector | None, needs_own_chunks: bool = False
) -> Reframing | None:
    """How an answer is framed anew for a client of this version; None where it need not be.

    `needs_own_chunks` asks for that, so that it can be ended after any chunk.
    """
    stripping = injector if injector is not None and injector.begins(head) else None
    is_new_client = version == b"HTTP/1.1"
    needs_own_chunks = needs_own_chunks and is_new_client and head.status not in BODILESS
    if not needs_own_chunks and stripping is None and (is_new_client or not head.is_chunked):
        return None
    return Reframing(stripping, is_chunked=is_new_client)
