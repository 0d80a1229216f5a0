import pytest

from stack.prometheus.durations import shortened


@pytest.mark.parametrize(
    ("count", "unit", "time_scale", "expected"),
    [
        ("30", "s", 0.1, "3000ms"),
        ("5", "m", 0.0167, "5010ms"),
        ("1", "h", 0.001, "3600ms"),
        ("1", "d", 1.0, "86400000ms"),
        ("1", "s", 0.0001, "1ms"),
    ],
)
def test_a_duration_is_shortened_to_whole_milliseconds_and_never_to_none(
    count: str, unit: str, time_scale: float, expected: str
) -> None:
    assert shortened(count, unit, time_scale) == expected
