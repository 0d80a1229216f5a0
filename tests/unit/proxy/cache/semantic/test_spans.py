"""Quotations, code and formulae."""

import pytest

from proxy.cache.semantic.spans import code, operators, quoted, signs


@pytest.mark.parametrize(
    "text", ['say "hello"', "say “hello”", "say «hello»", "say 'hello'", "say `hello`", "「hello」"]
)
def test_quotations_are_found_in_all_marks(text: str) -> None:
    assert quoted(text) == ["hello"]


def test_an_apostrophe_is_no_quotation() -> None:
    assert quoted("a robin's egg and a cat's tail") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("How does get_user work?", ["get_user"]),
        ("use useState in React", ["useState"]),
        ("Where is /etc/hosts?", ["/etc/hosts"]),
        ("What does ls -l do?", ["-l", "l"]),
        ("the file setup.py", ["setup.py"]),
        ("C++ or C#", ["C++", "C#", "c", "c"]),
        ("a loop in r", ["r"]),
        ("What is 2+2?", []),
        ("I am a cat.", []),
    ],
)
def test_code_is_found_letter_by_letter(text: str, found: list[str]) -> None:
    assert code(text) == found


def test_comparing_signs_are_found_and_ends_of_sentences_are_not() -> None:
    assert operators("a != b, c <= d = e!") == ["!=", "<=", "="]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What is & in bash?", ["&"]),
        ("What is && or || in bash?", ["&&", "||"]),
        ("redirect with >>", [">>"]),
        ("what does .. mean here?", [".."]),
        ("Where is it ?", []),
        ("Docker - how?", []),
        ("What is 7 * 8 / 2?", []),
    ],
)
def test_signs_that_stand_alone_are_found(text: str, found: list[str]) -> None:
    assert signs(text) == found


@pytest.mark.parametrize("text", ["the 10th of RAID1", "PostgreSQL", "8 x 12"])
def test_numbers_and_known_names_are_no_code(text: str) -> None:
    assert code(text) == []
