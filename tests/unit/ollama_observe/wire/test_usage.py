"""Rates and waits from what the upstream reports."""

import pytest

from ollama_observe.wire.usage import Usage, seconds


def test_decode_rate_counts_intervals_and_not_tokens() -> None:
    assert Usage(generated_tokens=11, decode_seconds=2.0).decode_tokens_per_second == 5.0


@pytest.mark.parametrize(
    "usage",
    [
        Usage(generated_tokens=1, decode_seconds=1e-6),
        Usage(generated_tokens=5),
        Usage(decode_seconds=1.0),
        Usage(generated_tokens=5, decode_seconds=0.0),
    ],
)
def test_decode_rate_is_absent_where_it_would_be_made_up(usage: Usage) -> None:
    assert usage.decode_tokens_per_second is None


def test_the_wait_is_what_the_parts_leave_of_the_total() -> None:
    usage = Usage(total_seconds=10.0, load_seconds=1.0, prefill_seconds=2.0, decode_seconds=3.0)
    assert usage.wait_seconds == 4.0


def test_the_wait_is_never_negative_and_absent_without_durations() -> None:
    rounded = Usage(total_seconds=1.0, prefill_seconds=0.6, decode_seconds=0.5)
    assert rounded.wait_seconds == 0.0
    assert Usage(prompt_tokens=5).wait_seconds is None
    assert Usage(total_seconds=1.0).wait_seconds is None


def test_nanoseconds_become_seconds_and_absent_stays_absent() -> None:
    assert seconds(2_500_000_000) == 2.5
    assert seconds(None) is None
