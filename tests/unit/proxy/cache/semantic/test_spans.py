"""Quotations, code and formulae."""

import pytest

from proxy.cache.semantic.spans import code, operators, quoted


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
        ("C++ or C#", ["C++", "C#", "C", "C"]),
        ("a loop in r", ["r"]),
        ("What is 2+2?", []),
        ("I am a cat.", []),
    ],
)
def test_code_is_found_letter_by_letter(text: str, found: list[str]) -> None:
    assert code(text) == found


def test_comparing_signs_are_found_and_ends_of_sentences_are_not() -> None:
    assert operators("a != b, c <= d = e!") == ["!=", "<=", "="]
