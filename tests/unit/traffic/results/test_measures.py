"""Each measure says which instants it is taken from."""

from array import array
from dataclasses import replace

import pytest

from tests.runs import STARTED, whole
from traffic.results.measures import BY_NAME, MEASURES, largest_gap_seconds


def values(name: str, attempt: object) -> list[float | None]:
    return list(BY_NAME[name].values(attempt))  # type: ignore[arg-type]


def test_latencies_are_taken_from_sent_and_from_scheduled() -> None:
    late = replace(whole(ttft=0.25), scheduled=STARTED - 2.0)
    assert values("ttft_seconds", late) == [0.25]
    assert values("ttft_from_scheduled_seconds", late) == [2.25]
    assert values("end_to_end_seconds", late) == [pytest.approx(1.3)]
    assert values("end_to_end_from_scheduled_seconds", late) == [pytest.approx(3.3)]
    assert values("delay_seconds", late) == [2.0]


def test_the_first_answer_token_is_there_only_after_thinking() -> None:
    thinking = replace(whole(ttft=0.25), first_output=STARTED + 3.0)
    assert values("first_answer_seconds", thinking) == [3.0]
    assert values("first_answer_seconds", whole()) == [None]


def test_all_gaps_are_pooled_and_the_largest_of_a_stream_stands_apart() -> None:
    halting = whole(gaps=(0.1, 0.7, 0.2))
    assert values("gap_seconds", halting) == [0.1, 0.7, 0.2]
    assert values("largest_gap_seconds", halting) == [0.7]
    assert largest_gap_seconds(replace(halting, gaps_seconds=array("d"))) is None


def test_both_rates_and_the_time_per_token_leave_out_the_first_token() -> None:
    attempt = whole(gaps=(0.1,) * 10)
    assert values("reported_tokens_per_second", attempt) == [pytest.approx(10.0)]
    assert values("seen_tokens_per_second", attempt) == [pytest.approx(10.0)]
    assert values("time_per_output_token_seconds", attempt) == [pytest.approx(0.1)]


def test_a_measures_unit_is_in_its_name() -> None:
    assert all(measure.name.endswith(measure.unit) for measure in MEASURES)
    assert len(BY_NAME) == len(MEASURES)
