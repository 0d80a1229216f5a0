"""What is known of a stretch of time."""

from gpu_exporter.energy.activity import Activity, Diary

A, B, C, D = (Activity({name: 1}, []) for name in "abcd")


def noted(*instants: float, longest_seconds: float = 5.0) -> Diary:
    diary = Diary(longest_seconds)
    for at, activity in zip(instants, (A, B, C, D), strict=False):
        diary.note(at, activity)
    return diary


def test_what_was_seen_at_both_ends_is_found() -> None:
    assert noted(1.0, 2.0, 3.0).between(1.0, 2.0) == [A, B]


def test_ends_go_to_what_was_seen_nearest() -> None:
    diary = noted(1.0, 2.0, 3.0, 4.0)
    # a card is read a moment after or before the proxy is asked
    assert diary.between(2.02, 3.02) == [B, C]
    assert diary.between(1.98, 2.98) == [B, C]


def test_all_between_the_ends_is_found() -> None:
    assert noted(1.0, 2.0, 3.0).between(0.9, 3.1) == [A, B, C]


def test_both_ends_may_be_nearest_to_the_same() -> None:
    assert noted(1.0, 2.0).between(1.9, 2.1) == [B]


def test_an_interval_that_is_too_long_is_not_known() -> None:
    diary = noted(0.0, 2.0, 4.0, 6.0)
    assert list(diary.between(0.0, 6.0)) == []
    assert diary.between(1.5, 6.0) == [B, C, D]


def test_where_nobody_looked_nothing_is_known() -> None:
    diary = noted(0.0, 1.0, 11.0)
    assert list(diary.between(5.0, 6.0)) == []
    assert list(diary.between(1.0, 4.0)) == []
    assert list(Diary(5.0).between(0.0, 1.0)) == []


def test_it_forgets_what_no_interval_reaches_back_to() -> None:
    diary = noted(0.0)
    assert diary.between(0.0, 0.0) == [A]
    diary.note(11.0, B)
    assert list(diary.between(0.0, 0.0)) == []
