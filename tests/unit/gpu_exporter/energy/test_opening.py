"""A counter is told at 0 first, and then all that it has."""

from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.energy.opening import ZERO_SECONDS, told

LONGEST_SCRAPE_INTERVAL_SECONDS = 15.0


@given(st.floats(0.1, LONGEST_SCRAPE_INTERVAL_SECONDS), st.floats(0.0, 0.999))
def test_whoever_scrapes_often_enough_sees_0_first_and_then_all_of_it(
    interval_seconds: float, phase: float
) -> None:
    first = interval_seconds * phase
    scraped = [told(7.0, 0.0, first + number * interval_seconds) for number in range(200)]
    assert (scraped[0], scraped[-1]) == (0.0, 7.0)
    assert scraped == sorted(scraped)


def test_it_is_so_from_the_end_of_the_time_on() -> None:
    opened_at = 1000.0
    assert told(7.0, opened_at, opened_at + ZERO_SECONDS - 0.1) == 0.0
    assert told(7.0, opened_at, opened_at + ZERO_SECONDS) == 7.0
