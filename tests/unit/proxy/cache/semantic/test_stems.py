"""Words without their endings."""

import pytest

from proxy.cache.semantic.stems import american, stem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("making", "makes"),
        ("running", "run"),
        ("stopped", "stops"),
        ("studies", "studied"),
        ("boxes", "box"),
        ("uses", "use"),
        ("travelling", "traveled"),
        ("smelling", "smell"),
        ("compiling", "compile"),
        ("colours", "color"),
        ("organise", "organizing"),
        ("theatre", "theater"),
    ],
)
def test_forms_of_one_word_are_the_same(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("care", "car"),
        ("plane", "plan"),
        ("rate", "rat"),
        ("policy", "police"),
        ("party", "part"),
        ("story", "store"),
        ("news", "new"),
        ("hoping", "hopping"),
        ("string", "stre"),
        ("desert", "dessert"),
    ],
)
def test_words_that_are_alike_differ(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_several_count_where_it_is_asked_for() -> None:
    assert stem("ideas", plurals=False) != stem("idea", plurals=False)


def test_german_endings_are_left_out_in_german_only() -> None:
    assert stem("suchen", german=True) == stem("suche", german=True)
    assert stem("chicken") != stem("chick")


def test_hour_is_no_british_word() -> None:
    assert (american("four"), american("flavour")) == ("four", "flavor")
