"""What questions must have in common."""

from pathlib import Path

import pytest

from proxy.cache.semantic.guards import extracted, guard

HERE = Path(__file__).parent


def pairs(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines()]


SAME = [
    ("How do I list running containers in Docker?", "how do i list running containers in docker"),
    ("What is a prime number?", "Explain prime numbers."),
    ("How does a heat pump work?", "Could you please explain how a heat pump works?"),
    ("What is 1,000 divided by 8?", "What is 1000 / 8?"),
    ("Give me three ideas.", "Give me 3 ideas, please."),
    ("Wie repariere ich einen Stuhl?", "Hallo, wie repariere ich bitte einen Stuhl?"),
    ("Comment planter des tomates ?", "Bonjour, comment planter des tomates ?"),
    ("天空为什么是蓝色的？", "为什么天空是蓝色的？"),
]
OTHER = [
    ("Is the door open?", "Is the door not open?"),
    ("What is 2+2?", "What is 2+3?"),
    ("What is 7 * 8?", "What is 7 + 8?"),
    ("How many feet are in 3 km?", "How many feet are in 3 m?"),
    ("What is the capital of France?", "What is the capital of Germany?"),
    ("what is the capital of peru", "what is the capital of chile"),
    ('Translate "good morning".', 'Translate "good night".'),
    ("What does `rm -r` do?", "What does `rm -f` do?"),
    ("Why do dogs chase cats?", "Why do cats chase dogs?"),
    ("When was the telephone invented?", "Who invented the telephone?"),
    ("How is cheese made?", "What is cheese made of?"),
    ("What is a compiler?", "What does a compiler do?"),
    ("How many legs does a spider have?", "How many eyes does a spider have?"),
    ("Explain gravity.", "Explain gravity in one sentence."),
    ("Write a poem about the man.", "Write a poem about the son."),
    ("What is the population of the US?", "What is the population of us?"),
    ("What is love?", "Что такое любовь?"),
    ("How are you?", "Who are you?"),
    ("Warum jagen Hunde Katzen?", "Warum jagen Katzen Hunde?"),
    ("¿Cómo abro una cuenta?", "¿Cómo cierro una cuenta?"),
    ("運動の前に何を食べますか？", "運動の後に何を食べますか？"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_in_other_words_passes(one: str, other: str) -> None:
    assert extracted(one) == extracted(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_is_asked_otherwise_does_not(one: str, other: str) -> None:
    assert guard(one) != guard(other)


@pytest.mark.parametrize("text", ["", "?", "é" * 500, "\ud800", "-" * 500, "'" * 500, "3" * 500])
def test_any_text_has_a_guard(text: str) -> None:
    assert guard(text).isascii()


def test_the_same_in_many_languages_passes() -> None:
    for one, other in pairs("same.tsv"):
        assert extracted(one) == extracted(other), (one, other)


def test_what_only_looks_alike_does_not() -> None:
    alike = [(one, other) for one, other in pairs("near_misses.tsv") if guard(one) == guard(other)]
    assert alike == []
