"""Names of models in a file of keys: a model has one name, however it is spelled."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.access.patterns import Patterns, _expression


@pytest.mark.parametrize(
    ("written", "model", "is_one"),
    [
        ("llama3", "llama3", True),
        ("llama3", "LLama3:latest", True),
        ("llama3", "registry.ollama.ai/library/llama3", True),
        ("Registry.ollama.ai/library/Llama3", "library/llama3:latest", True),
        ("llama3", "llama3:8b", False),
        ("llama3", "llama3x", False),
        ("llama3:8b", "llama3", False),
        ("llama3*", "llama3", True),
        ("llama3*", "llama3:8b", True),
        ("llama3*", "llama3.1:70b", True),
        ("LLAMA3:*", "llama3:8b", True),
        ("library/llama3:*", "llama3:8b", True),
        ("llama3:*", "llama3.1:8b", False),
        ("llama3*", "llama3/secret", False),
        ("llama3*", "evil/llama3", False),
        ("llama3*", "hf.co/llama3/llama3", False),
        ("hf.co/*/*", "hf.co/some/model:q4", True),
        ("hf.co/*", "hf.co/some/model:q4", False),
        ("qwen3:?b", "qwen3:8b", True),
        ("qwen3:?b", "qwen3:14b", False),
        ("a.b", "axb", False),
        ("a+*", "a+b", True),
        ("llama3", "", False),
        ("*", "llama3\n", False),
        ("*", "llama3é", False),
        ("llamak*", "llama\u212a:8b", False),  # which is k in lower case
        ("*", "x" * 400, False),
    ],
)
def test_a_model_is_among_them_or_not(written: str, model: str, is_one: bool) -> None:
    assert Patterns((written,)).match(model) is is_one


def test_one_of_several_is_enough() -> None:
    patterns = Patterns(("llama3", "qwen3:*"))
    assert patterns.match("qwen3:8b")
    assert patterns.match("llama3")
    assert not patterns.match("gemma3")
    assert patterns.written == ("llama3", "qwen3:*")


@pytest.mark.parametrize("written", ["", " ", "*é", "é", "a b", "a\n", "x" * 400])
def test_what_can_be_no_model_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(ValueError, match="expected a model's name") as refused:
        Patterns((written,))
    assert not written.strip() or written not in str(refused.value)


@given(st.text(alphabet="abK:/.*?-é \u017f", max_size=12))
def test_a_whole_name_is_only_its_own_spellings(model: str) -> None:
    is_one = model.strip().lower() in ("ab", "ab:latest")
    assert Patterns(("ab",)).match(model) is (is_one and model.isascii())


def plain(written: str) -> str:
    """What a pattern means, without a thought of how long it takes."""
    parts = {"*": "[^/]*", "?": "[^/]"}
    return "".join(parts.get(letter) or re.escape(letter) for letter in written)


def is_match(written: str, name: str) -> bool:
    """The same by a table, in as many steps as both have letters, multiplied."""
    reached = {0}
    for letter in written:
        if letter == "*":
            grown = set(reached)
            for place in sorted(reached):
                while place < len(name) and name[place] != "/" and place + 1 not in grown:
                    place += 1
                    grown.add(place)
            reached = grown
        else:
            reached = {
                place + 1
                for place in reached
                if place < len(name)
                and (name[place] == letter or (letter == "?" and name[place] != "/"))
            }
    return len(name) in reached


@given(st.text(alphabet="ab/*?", max_size=9), st.text(alphabet="ab/", max_size=11))
@example("*/a*/b", "a/aa/b")
@example("*a/?*b*", "aa/ab/b")
@example("a**b", "ab")
def test_a_pattern_fits_what_it_says_and_nothing_else(written: str, name: str) -> None:
    expected = re.fullmatch(plain(written), name) is not None
    assert (re.fullmatch(_expression(written), name) is not None) is expected
    assert is_match(written, name) is expected


@pytest.mark.parametrize(
    "written",
    ["*a" * 60 + "*b", "*" * 300 + "b", "*?a" * 50 + "b", "a*" * 100 + "/x", "*aa" * 80 + "?" * 9],
)
def test_a_name_that_nearly_fits_many_times_over_is_soon_decided(written: str) -> None:
    # each of these takes longer than the world has been there, if every star is tried anywhere
    for name in ("a" * 340, "a" * 339 + "b", "ab" * 170, "a" * 170 + "/" + "a" * 169):
        found = re.fullmatch(_expression(written), name) is not None
        assert found is is_match(written, name)


@given(st.text(alphabet="ab/*?", max_size=40))
def test_no_more_than_one_star_of_a_pattern_is_ever_tried_again(written: str) -> None:
    left = re.sub(r"\(\?>[^()]*\)", "", _expression(written))
    assert left.count("[^/]*") == (1 if "*" in written else 0)
