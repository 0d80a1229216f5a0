"""The body of a request that is kept until it is whole.

Some ways out depend on what is in it, and some bodies go out otherwise than they came.
"""


class Holding:
    """One body, as it came and as it is. What came in one piece is not copied."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._size = 0
        self._raw: list[bytes] = []
        self._payload: list[bytes] | None = None
        """None while what came is what it carries."""

    def add(self, raw: bytes, pieces: list[bytes]) -> None:
        """More has come: the bytes, and the payload in them."""
        if self._payload is None and raw and pieces != [raw]:
            self._payload = self._raw.copy()
        self._raw.append(raw)
        self._size += len(raw)
        if self._payload is not None:
            self._payload += pieces

    def is_due(self, is_whole: bool) -> bool:
        """Whether it is not to be kept any longer."""
        return is_whole or self._size > self._limit_bytes

    @property
    def raw(self) -> bytes:
        """The bytes as they came."""
        return _joined(self._raw)

    @property
    def payload(self) -> bytes:
        """What they carry."""
        return _joined(self._raw if self._payload is None else self._payload)

    @property
    def held_bytes(self) -> int:
        """What all of it takes: of a chunked body the payload as well."""
        return self._size + sum(map(len, self._payload or ()))

    @property
    def has_framing(self) -> bool:
        """Whether they are more than what they carry: the body is chunked."""
        return self._payload is not None


def _joined(pieces: list[bytes]) -> bytes:
    """All of them as one, which takes their place."""
    if len(pieces) != 1:
        pieces[:] = [b"".join(pieces)]
    return pieces[0]
