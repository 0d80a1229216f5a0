import pytest

from engine import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("1h30m", 5400), ("1.5s", 1.5), ("250ms", 0.25), ("-1m", -60), ("0", 0)],
)
def test_go_durations_are_read(text: str, seconds: float) -> None:
    assert durations.parse(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "m", "5 m", "five", "1h-3m", "5x", "٣s", "1" * 100_000 + "x"])
def test_what_is_no_duration_is_refused_in_gos_words(text: str) -> None:
    with pytest.raises(durations.DurationError, match="time: invalid duration"):
        durations.parse(text)


@pytest.mark.parametrize("text", ["5", "-1", "+.5", "1."])
def test_a_number_alone_lacks_its_unit(text: str) -> None:
    with pytest.raises(durations.DurationError, match="time: missing unit in duration"):
        durations.parse(text)


def test_what_is_no_number_is_no_keep_alive() -> None:
    with pytest.raises(durations.DurationError):
        durations.keep_alive_seconds("nan")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5m", 300.0), ("300", 300.0), (10, 10.0), (0, 0.0), (-1, None), ("-1s", None), (1e300, None)],
)
def test_a_negative_keep_alive_is_forever(value: str | float, seconds: float | None) -> None:
    assert durations.keep_alive_seconds(value) == seconds
