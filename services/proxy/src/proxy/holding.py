"""The body of a request that is kept until it is whole.

Some ways out depend on what is in it, and some bodies go out otherwise than they came.
"""


class Holding:
    """One body, as it came and as it is."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._raw = bytearray()
        self._payload = bytearray()
        self._has_framing = False

    def add(self, raw: bytes, pieces: list[bytes]) -> None:
        """More has come: the bytes, and the payload in them."""
        if not self._has_framing and raw and pieces != [raw]:
            self._has_framing, self._payload = True, self._raw[:]
        self._raw += raw
        if self._has_framing:
            self._payload += b"".join(pieces)

    def is_due(self, is_whole: bool) -> bool:
        """Whether it is not to be kept any longer."""
        return is_whole or len(self._raw) > self._limit_bytes

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
