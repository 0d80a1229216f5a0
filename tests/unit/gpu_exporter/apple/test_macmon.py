"""macmon's lines, of three versions; and the child that prints them: its deaths and its end."""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpu_exporter.apple.macmon import STALE_AFTER_SECONDS, Macmon, Sample, parse
from stack.waiting import wait_until
from tests.fakes import apple

CEILING_SECONDS = 10.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("macmon_0.6.json", Sample(0.010859241709113121, 29.44516944885254, 503e6)),
        ("macmon_0.7.json", Sample(0.0306, 73.5, 354e6)),
        ("macmon_0.8.json", Sample(0.017451683, 36.95167, 461e6, active_ratio=0.09)),
    ],
)
def test_each_version_s_line_is_read(name: str, expected: Sample) -> None:
    assert parse(apple.printed(name)) == expected


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"{", b"[1]", b"null", b"macmon: no sensors", b'{"cpu_power": 1}', b"\xff"]
)
def test_what_is_no_line_of_macmon_s_is_none(line: bytes) -> None:
    assert parse(line) is None


def test_a_sensor_that_did_not_answer_is_absent_and_no_0() -> None:
    line = b'{"gpu_power": 0.0, "temp": {"gpu_temp_avg": 0.0}, "gpu_usage": [0, 0.0]}'
    assert parse(line) == Sample(watts=0.0)


@pytest.mark.parametrize("value", ["null", '"3"', "true", "-1", "NaN", "[]"])
def test_a_value_that_is_no_number_is_absent(value: str) -> None:
    text = f'{{"gpu_power": {value}, "temp": {value}, "gpu_usage": [{value}]}}'
    assert parse(text.encode()) == Sample()


LINE = '{"gpu_power": 4.5, "temp": {"gpu_temp_avg": 51.0}, "gpu_usage": [900, 0.5]}'
SAMPLE = Sample(watts=4.5, celsius=51.0, hertz=900e6)
LASTS = f"""
import os, signal, sys, time
with open(sys.argv[1], "a") as log:
    print(os.getpid(), file=log)
print("macmon: starting", flush=True)
print('{LINE}', flush=True)
time.sleep(600)
"""
DIES = LASTS.replace("time.sleep(600)", "sys.exit(1)")
STUBBORN = LASTS.replace("with open", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwith open")


class Clock:
    """A clock that stands until it is set, or goes on at each look."""

    def __init__(self, goes_by: float = 0.0) -> None:
        self.now = 0.0
        self.looks = 0
        self._goes_by = goes_by

    def __call__(self) -> float:
        self.looks += 1
        self.now += self._goes_by
        return self.now


@contextmanager
def running(
    program: str, folder: Path, clock: Clock | None = None, first_pause_seconds: float = 0.001
) -> Iterator[Macmon]:
    script = folder / "macmon.py"
    script.write_text(program)
    command = (sys.executable, str(script), str(folder / "pids"))
    with closing(Macmon(command, clock or Clock(), first_pause_seconds)) as macmon:
        yield macmon


def pids(folder: Path) -> Sequence[int]:
    log = folder / "pids"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until_told(macmon: Macmon) -> None:
    assert wait_until(lambda: macmon.latest() is not None, CEILING_SECONDS, 0.01)


def test_what_the_child_said_last_is_told(tmp_path: Path) -> None:
    with running(LASTS, tmp_path) as macmon:
        until_told(macmon)
        assert macmon.latest() == SAMPLE
        assert len(pids(tmp_path)) == 1


def test_nothing_runs_before_anybody_asks(tmp_path: Path) -> None:
    with running(LASTS, tmp_path):
        assert "macmon" not in [thread.name for thread in threading.enumerate()]
    assert pids(tmp_path) == []


def test_the_child_ends_with_us(tmp_path: Path) -> None:
    with running(LASTS, tmp_path) as macmon:
        until_told(macmon)
        [pid] = pids(tmp_path)
        assert is_alive(pid)
    assert not is_alive(pid)
    assert "macmon" not in [thread.name for thread in threading.enumerate()]


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    with running(STUBBORN, tmp_path) as macmon:
        until_told(macmon)
        [pid] = pids(tmp_path)
    assert not is_alive(pid)


def test_a_child_that_dies_is_started_anew(tmp_path: Path) -> None:
    with running(DIES, tmp_path) as macmon:
        assert macmon.latest() is None
        assert wait_until(lambda: len(pids(tmp_path)) >= 3, CEILING_SECONDS, 0.01)
    assert not any(map(is_alive, pids(tmp_path)))


def test_a_child_that_lasted_is_started_anew_without_a_long_pause(tmp_path: Path) -> None:
    # pauses that went on growing would take 15.75 s to the seventh start
    with running(DIES, tmp_path, Clock(goes_by=60.0), first_pause_seconds=0.25) as macmon:
        macmon.latest()
        assert wait_until(lambda: len(pids(tmp_path)) >= 7, CEILING_SECONDS, 0.01)


def test_a_child_that_says_nothing_any_more_is_not_believed(tmp_path: Path) -> None:
    clock = Clock()
    with running(LASTS, tmp_path, clock) as macmon:
        until_told(macmon)
        clock.now = STALE_AFTER_SECONDS
        assert macmon.latest() == SAMPLE
        clock.now = STALE_AFTER_SECONDS + 1
        assert macmon.latest() is None


def test_a_program_that_is_not_there_tells_nothing_and_is_complained_of_once(
    tmp_path: Path,
) -> None:
    clock = Clock()
    command = (str(tmp_path / "absent"), "pipe")
    with capture_logs() as logs, closing(Macmon(command, clock, 0.001)) as macmon:
        assert macmon.latest() is None
        # each try looks at the clock three times
        assert wait_until(lambda: clock.looks >= 9, CEILING_SECONDS, 0.01)
    assert [line["event"] for line in logs] == ["macmon_failed"]


def test_one_that_comes_and_goes_does_not_fill_the_log(tmp_path: Path) -> None:
    with capture_logs() as logs, running(DIES, tmp_path) as macmon:
        macmon.latest()
        assert wait_until(lambda: len(pids(tmp_path)) >= 4, CEILING_SECONDS, 0.01)
    assert [line["event"] for line in logs] == ["macmon_failed"]


def test_who_was_closed_starts_nothing(tmp_path: Path) -> None:
    with running(LASTS, tmp_path) as macmon:
        macmon.close()
        assert macmon.latest() is None
        macmon.close()
    assert pids(tmp_path) == []
