"""What is told of a prompt that is being read follows from what was foretold, and never ends."""

import pytest

from proxy.insight.forecasts import NOTHING, Forecast
from proxy.insight.prefixes import fingerprint_of


def forecast(prefill: float | None = 10.0, load: float | None = 0.0, ahead: int = 0) -> Forecast:
    found = Forecast(fingerprint_of(b""), 5000, is_cold=False, is_stream=True)
    found.sent(100.0, ahead)
    found.prefill_seconds, found.load_seconds = prefill, load
    return found


def test_progress_is_the_time_that_has_passed() -> None:
    told = forecast()
    assert told.at(100.0) == (0.0, 10.0, 10.0)
    assert told.at(104.0) == (0.4, 6.0, 10.0)


def test_it_never_says_that_a_prompt_has_been_read() -> None:
    assert forecast().at(110.0) == (0.99, 0.0, 10.0)
    assert forecast().at(500.0) == (0.99, 0.0, 10.0)


def test_while_the_model_loads_nothing_has_been_read() -> None:
    told = forecast(load=5.0)
    assert told.at(104.0) == (0.0, 11.0, 15.0)
    assert told.at(110.0) == (0.5, 5.0, 15.0)


def test_one_that_waits_for_a_slot_begins_when_it_has_one() -> None:
    told = forecast(ahead=1)
    assert not told.was_first
    assert told.at(104.0) == NOTHING
    told.began_at = 107.0
    assert told.at(109.0) == (0.2, 8.0, 17.0)


@pytest.mark.parametrize("unknown", [forecast(None), forecast(load=None), forecast(prefill=0.4)])
def test_of_what_is_not_known_or_too_short_nothing_is_told(unknown: Forecast) -> None:
    assert unknown.at(100.1) == NOTHING
    assert not (unknown.is_long and unknown.first_token_seconds)


def test_of_a_whole_answer_nobody_sees_when_its_prompt_has_been_read() -> None:
    whole = Forecast(fingerprint_of(b""), 5000, is_cold=False, is_stream=False)
    whole.sent(100.0, ahead=0)
    whole.prefill_seconds = 10.0
    assert whole.at(104.0) == NOTHING


def test_a_short_prompt_behind_a_load_has_a_first_token_and_no_progress() -> None:
    assert forecast(prefill=0.2, load=3.0).at(101.0) == (None, 2.2, 3.2)
