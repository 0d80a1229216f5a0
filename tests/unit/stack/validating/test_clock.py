import os
from datetime import UTC, datetime
from pathlib import Path

from stack.validating.clock import look, newest, of_clock

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def test_a_clock_that_stands_before_what_was_written_is_said_to_be_behind() -> None:
    said = of_clock(NOW, NOW.timestamp() + 3600, "yes")
    assert said.is_ok is None
    assert "Prometheus wrote at 2026-11-29 13:00: it takes nothing older" in said.detail
    assert "set-ntp" in said.remedy


def test_a_clock_that_nobody_sets_is_a_warning() -> None:
    said = of_clock(NOW, NOW.timestamp() - 5, "no")
    assert (said.is_ok, said.detail) == (
        None,
        "2026-11-29 12:00:00 UTC, not synchronised with any other",
    )


def test_a_clock_of_which_nothing_bad_is_known_is_right() -> None:
    assert of_clock(NOW, None, "").is_ok
    assert of_clock(NOW, NOW.timestamp() + 1, "yes").detail.endswith("UTC, synchronised")


def test_what_prometheus_wrote_last_is_in_its_log_of_samples(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    (tmp_path / "wal").mkdir()
    assert newest(tmp_path) is None
    for name, second in (("00000001", 10), ("00000002", 4_000_000_000)):
        (tmp_path / "wal" / name).touch()
        os.utime(tmp_path / "wal" / name, (second, second))
    assert newest(tmp_path) == 4_000_000_000
    assert look(tmp_path).is_ok is None
