"""Classes of requests, as clients write them."""

import pytest

from proxy.queue.priorities import LABELS, Priority, UnknownPriority, priority_of


def test_the_order_of_the_classes_is_that_of_their_numbers() -> None:
    assert sorted(Priority) == [Priority.HIGH, Priority.NORMAL, Priority.LOW]
    assert LABELS == ("high", "normal", "low")


@pytest.mark.parametrize(
    ("said", "found"), [("high", "HIGH"), (" Low ", "LOW"), ("NORMAL", "NORMAL")]
)
def test_a_class_is_read_in_any_case(said: str, found: str) -> None:
    assert priority_of("X-Priority", said) is Priority[found]


@pytest.mark.parametrize("said", ["", "urgent", "0", "high,low"])
def test_what_is_no_class_is_told_what_was_expected(said: str) -> None:
    with pytest.raises(UnknownPriority) as caught:
        priority_of("X-Priority", said)
    assert str(caught.value) == f"X-Priority: expected high, normal or low, found {said!r}"


def test_of_a_long_word_only_the_beginning_is_repeated() -> None:
    with pytest.raises(UnknownPriority) as caught:
        priority_of("X-Priority", "x" * 1000)
    assert len(str(caught.value)) < 120
