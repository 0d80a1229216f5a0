"""An exemplar is there whole, or not at all."""

from ollama_observe.metrics.exemplars import SIZE, WORDS, Exemplar, pack, unpack

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_what_was_packed_is_unpacked() -> None:
    packed = pack(TRACE, 0.25, 1000.5)
    assert len(packed) == SIZE == 8 * WORDS
    assert unpack(packed) == Exemplar(TRACE, 0.25, 1000.5)


def test_memory_that_nobody_wrote_to_holds_none() -> None:
    assert unpack(bytes(SIZE)) is None


def test_any_byte_that_is_not_its_own_breaks_the_seal() -> None:
    packed = pack(TRACE, 0.25, 1000.5)
    for at in range(SIZE):
        torn = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
        assert unpack(torn) is None
