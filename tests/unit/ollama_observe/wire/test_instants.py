"""Instants as Go writes them."""

import pytest

from ollama_observe.wire.instants import unix_seconds

BASE = 1_795_416_801


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-23T06:53:21Z", BASE),
        ("2026-11-23T06:53:21.877100307Z", BASE + 0.8771),
        ("2026-11-23T07:53:21.5+01:00", BASE + 0.5),
        ("2026-11-22T20:53:21.123456789-10:00", BASE + 0.123456),
        ("2318-03-05T12:00:00.999999999Z", 10_987_272_000.999999),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139),
    ],
)
def test_an_instant_is_unix_time(text: str, seconds: float) -> None:
    assert unix_seconds(text) == pytest.approx(seconds, abs=1e-5)


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:00",
        "-0044-03-15T00:00:00Z",
        "12026-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2026-11-23",
        "2026-11-23T06:53:21",
        "2026-13-40T99:00:00Z",
        "T",
        "soon",
        "",
        0,
        1_795_416_801,
        None,
        [],
    ],
)
def test_what_is_no_instant_of_this_age_is_none(value: object) -> None:
    assert unix_seconds(value) is None
