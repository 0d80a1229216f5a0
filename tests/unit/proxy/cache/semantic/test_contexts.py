"""The system that a question is about."""

import pytest

from proxy.cache.semantic.contexts import apart


@pytest.mark.parametrize(
    "text",
    [
        "how list branches in git",
        "how git list branches",
        "how list git branches",
    ],
)
def test_it_may_stand_anywhere(text: str) -> None:
    assert apart(text.split()) == (["how", "list", "branches"], "git")


@pytest.mark.parametrize(
    "text",
    [
        "how install git in docker",
        "is python faster than c",
        "convert json to python",
        "how install python",
        "print in python 3",
        "make a linux stick",
        "sort a list",
    ],
)
def test_where_its_place_counts_it_stays(text: str) -> None:
    assert apart(text.split()) == (text.split(), "")


def test_a_system_is_apart_where_it_stands_first() -> None:
    assert apart(["how", "linux", "free", "memory"])[1] == "linux"
