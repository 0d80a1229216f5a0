"""A collector under watch: what it read is told while it is true, and how it fares always."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from gpu_exporter.collector import Collector
from gpu_exporter.errors import Incomplete, Unavailable
from gpu_exporter.reading import Reading
from gpu_exporter.watch import METRICS, Watch
from ollama_observe.metrics.catalogue import exporter as m
from ollama_observe.metrics.metric import Kind, Metric
from tests.clock import Clock
from tests.exporters import CEILING_SECONDS, COUNT, SIZE, HangingCollector, ScriptedCollector

STALE_SECONDS = 30.0
READ = (Reading(SIZE, 5.0), Reading(COUNT, 2.0, ("a",)), Reading(COUNT, 3.0, ("b",)))


class Watched:
    """A collector that is watched by a clock that is moved by hand."""

    def __init__(self, collector: Collector) -> None:
        self.clock = Clock()
        self.watch = Watch(collector, STALE_SECONDS, self.clock, lambda: 1.7e9 + self.clock.now)

    def run(self, after_seconds: float = 1.0) -> None:
        self.clock.now += after_seconds
        self.watch.run()

    def read(self) -> tuple[Reading, ...]:
        """What the collector itself read."""
        return tuple(r for r in self.watch.readings() if r.metric not in METRICS)

    def said(self, metric: Metric) -> float | None:
        """What is said of how it fares."""
        found = [r.value for r in self.watch.readings() if r.metric is metric]
        return found[0] if found else None


def watched(answer: tuple[Reading, ...] | Exception = READ) -> tuple[Watched, ScriptedCollector]:
    collector = ScriptedCollector(answer)
    return Watched(collector), collector


@contextmanager
def hanging(behind: Watched, collector: HangingCollector) -> Iterator[None]:
    """The collector hangs while the block runs."""
    thread = threading.Thread(target=behind.watch.run)
    thread.start()
    try:
        assert collector.began.wait(CEILING_SECONDS)
        yield
    finally:
        collector.let_go.set()
        thread.join(CEILING_SECONDS)


def test_before_the_first_run_nothing_is_read_and_nothing_failed() -> None:
    it, _ = watched()
    assert it.read() == ()
    assert (it.said(m.COLLECTOR_UP), it.said(m.COLLECTOR_ERRORS)) == (0, 0)
    assert it.said(m.COLLECTOR_DURATION) is None
    assert it.said(m.COLLECTOR_LAST_SUCCESS) is None
    assert (it.watch.has_failed, it.watch.detail) == (False, "has not run yet")


def test_what_was_read_is_told_until_it_is_too_old() -> None:
    it, _ = watched()
    it.run()
    succeeded = 1.7e9 + it.clock.now
    assert (it.read(), it.said(m.COLLECTOR_UP), it.watch.detail) == (READ, 1, "")
    it.clock.now += STALE_SECONDS
    assert it.read() == READ
    it.clock.now += 0.001
    assert (it.read(), it.said(m.COLLECTOR_UP)) == ((), 0)
    assert it.said(m.COLLECTOR_LAST_SUCCESS) == succeeded
    assert it.watch.detail == "not read for 30 s: a collector before it takes too long"


def test_a_failure_withdraws_what_was_read_and_is_counted() -> None:
    it, collector = watched()
    it.run()
    succeeded = it.said(m.COLLECTOR_LAST_SUCCESS)
    collector.answer = OSError("the driver is gone")
    it.run()
    it.run()
    assert (it.read(), it.said(m.COLLECTOR_UP), it.said(m.COLLECTOR_ERRORS)) == ((), 0, 2)
    assert (it.watch.has_failed, it.watch.detail) == (True, "OSError: the driver is gone")
    assert it.said(m.COLLECTOR_LAST_SUCCESS) == succeeded


def test_a_failure_in_the_middle_leaves_nothing_half_read() -> None:
    it, collector = watched()
    collector.last = OSError("gone")
    it.run()
    assert it.read() == ()


def test_an_error_without_a_text_is_told_by_its_kind() -> None:
    it, _ = watched(TimeoutError())
    it.run()
    assert it.watch.detail == "TimeoutError"


def test_that_there_is_nothing_to_read_is_no_failure() -> None:
    it, _ = watched(Unavailable("no card in /sys"))
    it.run()
    assert (it.watch.has_failed, it.watch.detail) == (False, "no card in /sys")
    assert (it.said(m.COLLECTOR_UP), it.said(m.COLLECTOR_ERRORS)) == (0, 0)


def test_what_was_read_goes_with_what_it_was_read_of() -> None:
    it, collector = watched()
    it.run()
    collector.answer = Unavailable("the card was taken out")
    it.run()
    assert (it.read(), it.said(m.COLLECTOR_UP)) == ((), 0)


def test_a_failure_is_over_once_there_is_nothing_to_read() -> None:
    it, collector = watched(OSError("gone"))
    it.run()
    collector.answer = Unavailable("the card was taken out")
    it.run()
    assert (it.watch.has_failed, it.watch.detail) == (False, "the card was taken out")
    assert it.said(m.COLLECTOR_ERRORS) == 1


def test_a_success_ends_a_failure() -> None:
    it, collector = watched(OSError("gone"))
    it.run()
    collector.answer = READ
    it.run()
    assert (it.read(), it.said(m.COLLECTOR_UP), it.watch.has_failed) == (READ, 1, False)
    assert (it.watch.detail, it.said(m.COLLECTOR_ERRORS)) == ("", 1)


def test_of_what_is_incomplete_the_rest_stands_and_the_failure_shows() -> None:
    it, collector = watched()
    collector.last = Incomplete("nvml: it is lost")
    it.run()
    assert (it.read(), it.said(m.COLLECTOR_UP), it.said(m.COLLECTOR_ERRORS)) == (READ, 0, 1)
    assert (it.watch.has_failed, it.watch.detail) == (True, "nvml: it is lost")
    assert it.said(m.COLLECTOR_LAST_SUCCESS) is None
    it.clock.now += STALE_SECONDS + 1
    assert it.read() == ()


OTHERS = Metric("others_bytes", Kind.GAUGE, "Somebody else's.")


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (Reading(OTHERS, 1.0), "others_bytes is not this collector's"),
        (Reading(COUNT, 1.0), "expected labels ('kind',), found ()"),
        (Reading(COUNT, 1.0, ("a", "b")), "expected labels ('kind',), found ('a', 'b')"),
        (Reading(SIZE, math.nan), "nan is no value"),
        (Reading(SIZE, math.inf), "inf is no value"),
        (Reading(SIZE, 5.0), "sample_size_bytes() was read twice"),
        (Reading(COUNT, 1.0, ("\ud800",)), "surrogates not allowed"),
        (Reading(COUNT, 1.0, (None,)), "expected str instance"),  # type: ignore[arg-type]
    ],
)
def test_what_would_spoil_a_scrape_fails_its_own_collector_only(
    reading: Reading, said: str
) -> None:
    it, _ = watched((*READ, reading))
    it.run()
    assert it.read() == ()
    assert said in it.watch.detail


def test_a_run_that_takes_too_long_hangs_and_withdraws_what_was_read_before() -> None:
    collector = HangingCollector(metrics=(SIZE,))
    it = Watched(collector)
    with hanging(it, collector):
        it.clock.now += STALE_SECONDS
        assert (it.watch.has_failed, it.watch.detail) == (False, "has not run yet")
        it.clock.now += 1
        assert (it.watch.has_failed, it.watch.detail) == (True, "hangs since 31 s")
        assert (it.said(m.COLLECTOR_UP), it.said(m.COLLECTOR_DURATION)) == (0, 31)
    assert (it.watch.has_failed, it.said(m.COLLECTOR_UP)) == (False, 1)
    assert it.said(m.COLLECTOR_DURATION) == 31


def test_what_was_read_is_told_while_it_is_read_anew() -> None:
    collector = HangingCollector(metrics=(SIZE,))
    collector.let_go.set()
    it = Watched(collector)
    it.run()
    before = it.said(m.COLLECTOR_DURATION)
    collector.began.clear()
    collector.let_go.clear()
    with hanging(it, collector):
        it.clock.now += 5
        assert it.said(m.COLLECTOR_UP) == 1
        assert (before, it.said(m.COLLECTOR_DURATION)) == (0, 5)
        it.clock.now += STALE_SECONDS
        assert it.said(m.COLLECTOR_UP) == 0


def test_a_failure_is_logged_once_and_so_is_its_end() -> None:
    it, collector = watched(OSError("attempt 1 failed"))
    with capture_logs() as logs:
        it.run()
        collector.answer = OSError("attempt 2 failed")
        it.run(60)
        collector.answer = READ
        it.run(60)
        it.run(60)
    said = [(line["event"], line["log_level"]) for line in logs if line["log_level"] != "debug"]
    assert said == [("collector_failed", "warning"), ("collector_recovered", "info")]
    assert logs[0]["detail"] == "OSError: attempt 1 failed"
