"""The body of an embedding, without its vectors: megabytes that nobody here reads."""

# What stands before the vectors (a model's name), and after them (counts).
EDGE_LIMIT_BYTES = 64 * 1024


class VectorSplitter:
    """A body that is one record, of which the first array is left out: `[` and `]` stay.

    Works where no text before it holds a bracket, and no array follows: so it is in all
    three answers with vectors. Time and memory do not grow with the number of vectors.
    """

    __slots__ = ("_head", "_is_closed", "_is_open", "_tail", "overflows")

    def __init__(self) -> None:
        self._head = bytearray()
        self._is_open = False
        self._is_closed = False
        self._tail = bytearray()
        self.overflows = 0
        """1 when what stands before the first array was too long to be kept."""

    def feed(self, data: bytes) -> list[bytes]:
        """Nothing: a body is complete when it ends."""
        if not self._is_open:
            at = data.find(b"[") + 1
            self._keep_head(data[:at] if at else data)
            if not at:
                return []
            self._is_open = True
            data = data[at:]
        at = data.rfind(b"]")
        if at >= 0:
            self._tail = bytearray(data[at:])
            self._is_closed = True
        elif self._is_closed:
            self._tail += data
        if len(self._tail) > EDGE_LIMIT_BYTES:  # between two vectors, not after the last
            self._tail.clear()
            self._is_closed = False
        return []

    def finish(self) -> list[bytes]:
        """The body."""
        return [bytes(self._head + self._tail)] if self._head else []

    def _keep_head(self, data: bytes) -> None:
        if not self.overflows:
            self._head += data
        if len(self._head) > EDGE_LIMIT_BYTES:
            self._head.clear()
            self.overflows = 1
