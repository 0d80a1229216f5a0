"""The body of a request that is kept until it is whole.

Some ways out depend on what is in it, and some bodies go out otherwise than they came.
"""

# A longer one goes as it is, unseen.
LIMIT_BYTES = 4 * 1024 * 1024


class Holding:
    """One body, as it came and as it is."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._payload = bytearray()
        self._has_framing = False

    def add(self, raw: bytes, pieces: list[bytes]) -> None:
        """More has come: the bytes, and the payload in them."""
        self._raw += raw
        if self._has_framing or pieces != [raw]:
            if not self._has_framing:
                self._has_framing = True
                self._payload = self._raw[: -len(raw)] if raw else self._raw[:]
            for piece in pieces:
                self._payload += piece

    def is_due(self, is_whole: bool) -> bool:
        """Whether it is not to be kept any longer."""
        return is_whole or len(self._raw) > LIMIT_BYTES

    @property
    def raw(self) -> bytes:
        """The bytes as they came."""
        return bytes(self._raw)

    @property
    def payload(self) -> bytes:
        """What they carry."""
        return bytes(self._payload if self._has_framing else self._raw)

    @property
    def has_framing(self) -> bool:
        """Whether they are more than what they carry: the body is chunked."""
        return self._has_framing
