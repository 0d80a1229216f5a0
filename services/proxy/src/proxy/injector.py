"""Asks for token counts on behalf of one client, and takes them out of the answer again.

The client sees byte for byte what it would have seen; the recorder sees the counts.
"""

from ollama_observe.wire.framing import Framing, framing_of
from ollama_observe.wire.injection import UsageStripper, with_usage_asked
from ollama_observe.wire.requests import RequestFacts
from proxy.headers import value_of
from proxy.heads import ResponseHead

# A request is held whole only to be asked in; a longer one goes as it is.
LIMIT_BYTES = 4 * 1024 * 1024


class Injector:
    """One request that is held until it is known whether it needs asking, and its answer."""

    def __init__(self) -> None:
        self._body = bytearray()
        self._stripper: UsageStripper | None = None
        self.is_holding = True

    def hold(self, raw: bytes) -> None:
        """Keep more of the request's body."""
        self._body += raw

    def is_due(self, is_whole: bool) -> bool:
        """Whether the body is not to be held any longer."""
        return is_whole or len(self._body) > LIMIT_BYTES

    def release(self, is_whole: bool, facts: RequestFacts) -> tuple[bytes, bool]:
        """The body as it goes out, and whether it asks now."""
        body, self._body = bytes(self._body), bytearray()
        self.is_holding = False
        if is_whole and facts.stream and not facts.include_usage:
            asked = with_usage_asked(body)
            if asked is not None:
                self._stripper = UsageStripper()
                return asked, True
        return body, False

    def begins(self, head: ResponseHead) -> bool:
        """The answer begins: whether it is a stream that counts are taken out of."""
        is_stream = framing_of(value_of(head.headers, b"content-type")) is Framing.SSE
        if not is_stream or b"content-encoding" in head.headers:
            self._stripper = None
        return self._stripper is not None

    def strip(self, pieces: list[bytes], is_done: bool) -> list[bytes]:
        """The pieces without what the asking brought; at the end also what was held back."""
        assert self._stripper is not None
        kept = [self._stripper.feed(piece) for piece in pieces]
        if is_done:
            kept.append(self._stripper.finish())
        return [piece for piece in kept if piece]
