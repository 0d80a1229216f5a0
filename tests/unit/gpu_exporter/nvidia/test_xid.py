"""XID errors are counted as they are reported, by a thread that can be stopped."""

import queue
import threading
from typing import Any

from structlog.testing import capture_logs

from gpu_exporter.gpu import Gpu
from gpu_exporter.journal import QUIET_SECONDS
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import Code, NvmlError
from gpu_exporter.nvidia.xid import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    XidCounts,
    XidWatch,
)
from stack.waiting import wait_until
from tests.nvml_answers import Answers, Fails


class Reporting(Answers):
    """A library that reports what a test puts into `events`."""

    def __init__(self) -> None:
        registration = {
            f"{call}({card}{more})": answer
            for card in (0, 1)
            for call, more, answer in (
                ("nvmlDeviceGetSupportedEventTypes", "", 0x1F),
                ("nvmlDeviceRegisterEvents", ", 8", None),
            )
        }
        super().__init__({"nvmlEventSetCreate()": True, "nvmlEventSetFree()": None, **registration})
        self.events: queue.Queue[dict[str, Any] | int] = queue.Queue()

    def call(self, name: str, *arguments: Any) -> Any:
        if name != "nvmlEventSetWait_v2":
            return super().call(name, *arguments)
        try:
            event = self.events.get(timeout=arguments[0] / 1e3)
        except queue.Empty:
            raise NvmlError(Code.TIMEOUT, name) from None
        if isinstance(event, int):
            raise NvmlError(event, name)
        return event


class World:
    def __init__(self) -> None:
        self.now = 1000.0
        self.library = Reporting()
        self.counts = XidCounts()
        self.asking = Asking(self.library)
        self.watch = XidWatch(
            self.asking, self.counts, lambda: self.now, lambda: 1_790_000_000.0, 10
        )

    def of(self, uuid: str) -> dict[str, float]:
        gpu = Gpu(index="0", uuid=uuid, name="n", vendor="nvidia")
        return dict(self.counts.onto(gpu).xid_errors)

    def fails(self, code: int = 999) -> None:
        """The thread that waits is ended by a failure."""
        self.library.events.put(code)
        assert wait_until(lambda: not waiting(), 10)

    def turns(self, seconds: int) -> None:
        """Readings that see nothing, once a second; every wait fails at once."""
        for _ in range(seconds):
            self.now += 1
            self.watch.watch({0: "GPU-0"})
            if waiting():
                self.fails()

    @property
    def attempts(self) -> int:
        return self.library.count("nvmlEventSetCreate()")

    def report(self, card: int, xid: int, kind: int = 8) -> None:
        self.library.events.put({"device": card, "type": kind, "data": xid})


def waiting() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "xid"]


def test_counts_are_by_card_and_number_with_the_latest_instant() -> None:
    counts = XidCounts()
    counts.add("GPU-0", 31, 5.0)
    counts.add("GPU-0", 31, 9.0)
    counts.add("GPU-0", 79, 7.0)
    counts.add("GPU-1", 31, 8.0)
    gpu = counts.onto(Gpu(index="0", uuid="GPU-0", name="n", vendor="nvidia"))
    assert gpu.xid_errors == {"31": 2, "79": 1}
    assert gpu.xid_last_timestamp_seconds == {"31": 9.0, "79": 7.0}


def test_a_card_that_reported_nothing_has_no_counts() -> None:
    gpu = XidCounts().onto(Gpu(index="0", uuid="GPU-0", name="n", vendor="nvidia"))
    assert (gpu.xid_errors, gpu.xid_last_timestamp_seconds) == ({}, {})


def test_what_a_card_reports_is_counted() -> None:
    world = World()
    world.watch.watch({0: "GPU-0", 1: "GPU-1"})
    world.report(1, 48)
    world.report(1, 48)
    assert wait_until(lambda: world.of("GPU-1") == {"48": 2}, 10)
    assert world.of("GPU-0") == {}
    world.watch.stop()


def test_other_events_and_unknown_cards_are_passed_over() -> None:
    world = World()
    world.watch.watch({0: "GPU-0"})
    world.report(0, 13, kind=0x10)
    world.report(5, 13)
    world.report(0, 31)
    assert wait_until(lambda: world.of("GPU-0") == {"31": 1}, 10)
    world.watch.stop()


def test_the_same_cards_are_watched_on() -> None:
    world = World()
    world.watch.watch({0: "GPU-0"})
    world.watch.watch({0: "GPU-0"})
    assert world.library.count("nvmlEventSetCreate()") == 1
    world.watch.stop()


def test_when_a_card_is_lost_the_others_are_watched_on_and_its_last_word_counts() -> None:
    world = World()
    world.watch.watch({0: "GPU-0", 1: "GPU-1"})
    world.library.events.put(int(Code.GPU_IS_LOST))
    assert wait_until(lambda: not waiting(), 10)
    world.watch.watch({0: "GPU-0"})
    world.report(1, 79)
    world.report(0, 31)
    assert wait_until(lambda: world.of("GPU-0") == {"31": 1}, 10)
    assert world.of("GPU-1") == {"79": 1}
    world.watch.stop()


def test_it_can_be_stopped_and_gives_its_events_back() -> None:
    world = World()
    world.watch.watch({0: "GPU-0"})
    assert waiting()
    world.watch.stop()
    assert not waiting()
    assert world.library.count("nvmlEventSetFree()") == 1
    world.watch.stop()
    assert world.library.count("nvmlEventSetFree()") == 1


def test_where_no_card_can_report_nothing_waits() -> None:
    world = World()
    world.library.answers["nvmlDeviceGetSupportedEventTypes(0)"] = 0x10
    world.watch.watch({0: "GPU-0"})
    assert not waiting()
    assert world.library.count("nvmlEventSetCreate()") == 0


def test_where_there_are_no_event_sets_nothing_waits() -> None:
    world = World()
    del world.library.answers["nvmlEventSetCreate()"]
    world.watch.watch({0: "GPU-0"})
    assert not waiting()


def test_after_a_wait_that_failed_it_waits_anew_though_the_cards_are_the_same() -> None:
    world = World()
    world.watch.watch({0: "GPU-0"})
    world.fails()
    world.now += FIRST_PAUSE_SECONDS
    world.watch.watch({0: "GPU-0"})
    world.report(0, 31)
    assert wait_until(lambda: world.of("GPU-0") == {"31": 1}, 10)
    assert world.library.count("nvmlEventSetFree()") == 1
    world.watch.stop()


def test_a_wait_that_failed_is_a_failure_of_one_reading() -> None:
    world = World()
    world.watch.watch({0: "GPU-0"})
    world.fails()
    world.watch.watch({0: "GPU-0"})
    world.watch.watch({0: "GPU-0"})
    assert world.asking.failures == [str(NvmlError(999, "nvmlEventSetWait_v2"))]
    assert world.asking.return_code == 999


def test_that_waiting_is_not_supported_is_no_failure() -> None:
    world = World()
    world.watch.watch({0: "GPU-0"})
    world.fails(Code.NOT_SUPPORTED)
    world.watch.watch({0: "GPU-0"})
    assert (world.asking.failures, world.asking.return_code) == ([], None)


def test_where_every_wait_fails_attempts_become_rarer_and_never_end() -> None:
    world = World()
    with capture_logs() as logged:
        world.turns(64)
        assert world.attempts == 7  # after 0, 1, 3, 7, 15, 31 and 63 seconds
        world.turns(10 * 60)
    assert world.attempts == 7 + 10
    assert [entry["event"] for entry in logged] == ["xid_watch_ended"]


def test_after_a_steady_wait_the_pauses_are_short_again() -> None:
    world = World()
    world.turns(64)
    world.now += LONGEST_PAUSE_SECONDS
    world.watch.watch({0: "GPU-0"})
    world.now += 2 * LONGEST_PAUSE_SECONDS
    world.fails()
    before = world.attempts
    world.turns(4)
    assert world.attempts == before + 3  # after 1, 2 and 4 seconds


def test_that_it_waits_again_is_told() -> None:
    world = World()
    with capture_logs() as logged:
        world.watch.watch({0: "GPU-0"})
        world.fails()
        world.now += QUIET_SECONDS
        world.watch.watch({0: "GPU-0"})
        assert wait_until(lambda: len(logged) == 2, 10)
        world.watch.stop()
    assert [entry["event"] for entry in logged] == ["xid_watch_ended", "xid_watch_resumed"]


def test_an_event_set_that_could_not_be_had_is_asked_for_again() -> None:
    world = World()
    world.library.answers["nvmlEventSetCreate()"] = Fails(20)
    world.watch.watch({0: "GPU-0"})
    assert world.asking.failures == [str(NvmlError(20, "nvmlEventSetCreate"))]
    world.library.answers["nvmlEventSetCreate()"] = True
    world.now += FIRST_PAUSE_SECONDS
    world.watch.watch({0: "GPU-0"})
    assert waiting()
    world.watch.stop()


def test_an_event_set_that_cannot_be_given_back_does_no_harm() -> None:
    world = World()
    world.library.answers["nvmlEventSetFree()"] = Fails(Code.UNKNOWN)
    for _ in range(3):
        world.watch.watch({0: "GPU-0"})
        world.watch.stop()
    assert world.library.count("nvmlEventSetFree()") == 3
