"""What stands before questions: one text that a server may keep, or numbers that none can."""

import itertools

import pytest

from traffic.plan.prefixes import SHARED, prefix_of


def test_without_a_word_nothing_stands_before_a_question() -> None:
    assert prefix_of("own", 1, 0) == ""


def test_the_shared_text_is_the_same_for_all_and_about_a_thousand_tokens() -> None:
    assert prefix_of("shared", 1, 0) == prefix_of("shared", 2, 9) == SHARED
    assert len(SHARED) / 4 == pytest.approx(1000, rel=0.1)


def test_unique_numbers_differ_from_the_first_characters_on() -> None:
    prefixes = [prefix_of("unique", 1, index) for index in range(-10, 1000)]
    assert len(set(prefixes)) == len(prefixes)
    assert len({prefix[:2] for prefix in prefixes}) == 100
    following = itertools.pairwise(prefixes)
    assert all(one[0] != other[0] for one, other in following)


def test_unique_numbers_have_as_many_digits_and_so_as_many_tokens() -> None:
    numbers = {prefix_of("unique", 1, index).split()[0] for index in range(1000)}
    assert {(len(number), number.isdigit()) for number in numbers} == {(12, True)}


def test_unique_numbers_are_of_the_seed() -> None:
    assert prefix_of("unique", 1, 0) == prefix_of("unique", 1, 0)
    assert prefix_of("unique", 1, 0) != prefix_of("unique", 2, 0)
