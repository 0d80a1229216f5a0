"""Runs are compared by what people ask of them."""

from dataclasses import replace

import pytest

from tests.runs import cancelled, hit, refused, whole
from traffic.compare.subjects import SUBJECTS, sample

UNITS = [
    [whole(0, ttft=0.1), whole(0, ttft=0.3)],
    [refused(1)],
    [cancelled(2)],
    [replace(whole(3, ttft=0.2), is_valid=False)],
]


def found(label: str) -> tuple[float, ...] | None:
    subject = next(subject for subject in SUBJECTS if subject.label == label)
    return sample(subject, UNITS)([1] * len(UNITS))


def test_latencies_are_of_whole_answers_of_all_turns() -> None:
    assert found("TTFT") == pytest.approx((0.2, 0.29))


def test_errors_leave_out_what_was_cancelled() -> None:
    assert found("Errors") == (0.25,)


def test_refused_answers_are_a_share_of_those_with_a_check() -> None:
    assert found("Refused by check") == (1.0,)


def test_of_a_rate_the_slow_end_is_compared() -> None:
    rates = [subject for subject in SUBJECTS if subject.unit == "per_second"]
    assert {subject.statistics for subject in rates} == {("p50", "p5")}
    assert not any(subject.is_lower_better for subject in rates)


def test_each_subject_has_as_many_figures_as_names() -> None:
    for subject in SUBJECTS:
        figures = sample(subject, UNITS)([1] * len(UNITS))
        assert figures is not None
        assert len(figures) == len(subject.statistics)


def test_what_a_cache_answered_is_in_no_latency_and_in_the_errors() -> None:
    units = [[whole(0, ttft=0.2)], [hit(1)]]
    by_label = {subject.label: sample(subject, units)([1, 1]) for subject in SUBJECTS}
    assert by_label["TTFT"] == pytest.approx((0.2, 0.2))
    assert by_label["Errors"] == (0.0,)
