"""What of a prompt was read before is told by how its text begins."""

import itertools
import random

import pytest

from proxy.insight.prefixes import (
    KEPT,
    POSITIONS,
    Prefixes,
    Reuse,
    alike,
    fingerprint_of,
)


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def words(count: int, seed: int) -> bytes:
    draw = random.Random(seed)
    return b" ".join(draw.choice((b"sky", b"blue", b"because", b"air")) for _ in range(count))


def common(one: bytes, other: bytes) -> int:
    return alike(fingerprint_of(one), fingerprint_of(other))


def reached(size: int) -> int:
    """The last position that is not beyond a size."""
    return max((position for position in POSITIONS if position <= size), default=0)


class Model:
    """What a model has read."""

    def __init__(self) -> None:
        self._prefixes = Prefixes()

    def read(self, text: bytes, tokens: float, answer_tokens: int = 0) -> None:
        self._prefixes.read(fingerprint_of(text), tokens, answer_tokens)

    def reuse(self, text: bytes) -> Reuse | None:
        return self._prefixes.reuse(text, fingerprint_of(text))


def test_there_are_four_sums_to_every_doubling_from_a_kibibyte_on() -> None:
    assert POSITIONS[0] == 1024
    assert POSITIONS[4] == 2048
    assert list(POSITIONS) == sorted(POSITIONS)
    assert [len(fingerprint_of(noise(size)).marks) for size in (1023, 2048, 4096)] == [0, 5, 9]


def test_texts_are_alike_as_far_as_they_are_the_same() -> None:
    one = noise(10_000)
    for size in (0, 1023, 1024, 1300, 3000, 5000, 10_000):
        assert common(one, one[:size] + noise(10_000, seed=1)) == reached(size)


def test_what_is_the_same_behind_a_difference_counts_for_nothing() -> None:
    other = bytearray(noise(10_000))
    other[1300] ^= 1
    assert common(noise(10_000), bytes(other)) == reached(1300)


@pytest.mark.parametrize("size", [1024, 1025, 1300, 2048, 2800, 9999, 10_000])
def test_a_text_begins_with_another_to_its_last_byte(size: int) -> None:
    text, model, other = noise(10_000), Model(), Model()
    model.read(text[:size], 700.0, 30)
    assert model.reuse(text) == Reuse(730.0, 0)
    other.read(text[: size - 1] + b"?", 700.0, 30)
    found = other.reuse(text)
    assert found is None or found.tokens < 700


def test_each_of_several_that_it_begins_with_is_known() -> None:
    text, model = noise(10_000), Model()
    for size in (5000, 9000, 2000):
        model.read(text[:size], float(size), 0)
    assert model.reuse(text) == Reuse(9000.0, 1)
    assert model.reuse(text[:8000]) == Reuse(9000.0 * 7168 / 9000, 1)
    assert model.reuse(text[:5000]) == Reuse(5000.0, 2)


def test_a_conversation_that_goes_on_has_all_that_was_before_and_the_answer() -> None:
    model, first = Model(), words(600, 1)
    model.read(first, 700.0, 30)
    assert model.reuse(first + words(20, 2) + words(50, 3)) == Reuse(730.0, 0)
    assert model.reuse(first) == Reuse(730.0, 0)


def test_another_prompt_of_the_same_beginning_has_that_much() -> None:
    model, system = Model(), words(1000, 1)
    model.read(system + words(1000, 2), 2000.0, 30)
    found = model.reuse(system + words(1000, 3))
    assert found is not None
    assert found.tokens == pytest.approx(1000, rel=0.07)


def test_one_that_begins_otherwise_has_nothing() -> None:
    model = Model()
    assert model.reuse(words(600, 1)) is None
    model.read(words(600, 1), 700.0)
    assert model.reuse(words(600, 2)) is None
    assert model.reuse(b"") is None


def test_of_several_the_longest_counts_and_how_many_came_since() -> None:
    model = Model()
    for count, seed in ((600, 1), (100, 5), (300, 6)):
        model.read(words(count, seed), float(count))
    assert model.reuse(words(600, 1) + words(100, 2)) == Reuse(600.0, 2)


def test_only_the_latest_are_kept() -> None:
    model = Model()
    model.read(words(600, 1), 600.0)
    for seed in range(KEPT):
        model.read(words(100, seed + 10), 100.0)
    assert model.reuse(words(600, 1)) is None


def test_nothing_of_the_text_is_kept_but_a_few_short_sums() -> None:
    secret = b"sesame open " * 500
    found = fingerprint_of(secret)
    assert len(found.marks) == 10
    assert found.marks.itemsize == 2
    assert b"sesame" not in found.marks.tobytes()
    assert 0 <= found.whole < 1 << 16


def test_of_how_a_text_begins_nothing_is_kept_that_is_closer_than_a_quarter_of_a_kibibyte() -> None:
    assert min(later - one for one, later in itertools.pairwise((0, *POSITIONS))) == 256
