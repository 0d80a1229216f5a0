import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.e5.fitting import TooLongError, fit

WORDS = st.lists(st.text(alphabet="ab", min_size=1, max_size=40), max_size=3000)


def words(text: str) -> int:
    """A count that grows with a text: its words, and two for the ends."""
    return len(text.split()) + 2


@given(WORDS, st.integers(3, 600))
def test_a_text_is_whole_or_its_longest_beginning_that_fits(parts: list[str], limit: int) -> None:
    text = " ".join(parts)
    fitted, tokens = fit(text, limit, words, cuts=True)
    assert text.startswith(fitted)
    assert tokens == words(fitted) <= limit
    assert fitted == text or words(text[: len(fitted) + 1]) > limit


@given(WORDS, st.integers(3, 600))
def test_without_cuts_exactly_the_texts_that_are_too_long_are_refused(
    parts: list[str], limit: int
) -> None:
    text = " ".join(parts)
    if words(text) <= limit:
        assert fit(text, limit, words, cuts=False) == (text, words(text))
    else:
        with pytest.raises(TooLongError):
            fit(text, limit, words, cuts=False)


def test_of_a_very_long_text_only_the_beginning_is_counted() -> None:
    counted: list[int] = []

    def count(text: str) -> int:
        counted.append(len(text))
        return words(text)

    fit("word " * 1_000_000, 512, count, cuts=True)
    assert max(counted) <= 16384
    assert len(counted) < 25


def test_a_beginning_that_cuts_a_word_does_not_make_a_text_too_long() -> None:
    """Half a word may have more tokens than the whole of it."""

    def letters_or_one(text: str) -> int:
        return 3 if text.endswith(".") else 3 + len(text)

    text = "x" * 5000 + "."
    assert fit(text, 4000, letters_or_one, cuts=False) == (text, 3)
