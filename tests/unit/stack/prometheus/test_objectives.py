import pytest
from pydantic import ValidationError

from stack.errors import SettingsError
from stack.prometheus.objectives import FAST_BURN, SLOW_BURN, Objectives, why_too_rare
from stack.settings import parse

FIRST_TOKENS = (
    "0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 320, 640"
)
DURATIONS = "0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800"


def test_nothing_set_promises_what_the_readme_says() -> None:
    objectives = Objectives()
    assert (objectives.slo_success_ratio, objectives.slo_ttft_ratio) == (0.99, 0.95)
    assert (objectives.slo_ttft_seconds, objectives.slo_duration_seconds) == (5, 60)
    assert objectives.slo_minimum_requests == 10


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"SLO_TTFT_SECONDS": "3"},
            f"SLO_TTFT_SECONDS: expected one of {FIRST_TOKENS}, found '3'",
        ),
        (
            {"SLO_DURATION_SECONDS": "0"},
            f"SLO_DURATION_SECONDS: expected one of {DURATIONS}, found '0'",
        ),
        (
            {"SLO_SUCCESS_RATIO": "99"},
            "SLO_SUCCESS_RATIO: Input should be less than 1, found '99'",
        ),
        (
            {"SLO_SUCCESS_RATIO": "1"},
            "SLO_SUCCESS_RATIO: Input should be less than 1, found '1'",
        ),
        (
            {"SLO_TTFT_RATIO": "0.9"},
            "SLO_TTFT_RATIO: Input should be greater than or equal to 0.94, found '0.9'",
        ),
        (
            {"SLO_MINIMUM_REQUESTS": "0"},
            "SLO_MINIMUM_REQUESTS: Input should be greater than or equal to 1, found '0'",
        ),
        (
            {"SLO_TTFT_SECONDS": "nan"},
            f"SLO_TTFT_SECONDS: expected one of {FIRST_TOKENS}, found 'nan'",
        ),
    ],
)
def test_an_objective_that_no_alert_could_judge_is_refused(
    variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        parse(variables)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("seconds", [0.01, 2.5, 640])
def test_a_bucket_is_taken_as_an_objective(seconds: float) -> None:
    assert Objectives(slo_ttft_seconds=seconds).slo_ttft_seconds == seconds


def test_the_least_objective_can_still_be_missed_fast_enough() -> None:
    with pytest.raises(ValidationError):
        Objectives(slo_success_ratio=0.9399)
    for burn in (FAST_BURN, SLOW_BURN):
        assert burn * (1 - Objectives(slo_success_ratio=0.94).slo_success_ratio) < 1


@pytest.mark.parametrize(
    ("time_scale", "interval", "longest"), [(0.1, 8, "7"), (0.0167, 5, "1"), (0.5, 99, "37")]
)
def test_scrapes_that_are_too_rare_are_told_with_what_there_may_be_at_most(
    time_scale: float, interval: int, longest: str
) -> None:
    assert why_too_rare(interval, time_scale) == (
        f"rules look at windows of {300 * time_scale:g} s, which need 4 scrapes: "
        f"PROMETHEUS_SCRAPE_INTERVAL_SECONDS is {longest} at most with "
        f"PROMETHEUS_RULES_TIME_SCALE={time_scale}, found {interval}"
    )
    assert why_too_rare(int(longest), time_scale) is None


def test_at_full_length_nothing_is_said_of_a_scale() -> None:
    assert why_too_rare(75, 1.0) is None
    assert why_too_rare(76, 1.0) == (
        "rules look at windows of 300 s, which need 4 scrapes: "
        "PROMETHEUS_SCRAPE_INTERVAL_SECONDS is 75 at most, found 76"
    )


@pytest.mark.parametrize("time_scale", [1e-9, 0.001, 0.0133])
def test_windows_that_no_scrapes_could_fill_are_the_scales_mistake(time_scale: float) -> None:
    assert why_too_rare(1, time_scale) == (
        f"rules look at windows of {300 * time_scale:g} s, which need 4 scrapes, and there is one "
        f"a second at most: PROMETHEUS_RULES_TIME_SCALE is 0.0134 at least, found {time_scale:g}"
    )
    assert why_too_rare(1, 0.0134) is None
