"""What the log says of a collector: its changes, and not one line a second."""

from structlog.testing import capture_logs

from gpu_exporter.journal import QUIET_SECONDS, Journal, News
from tests.clock import Clock


class Told:
    """A journal and its lines, by a clock that is moved by hand."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.journal = Journal("gpu", self.clock)

    def lines(self, *steps: str | Exception | None, every_seconds: float = 1.0) -> list[str]:
        """Events after these steps: a reason, an error, or None for a success."""
        with capture_logs() as logs:
            for step in steps:
                if step is None:
                    self.journal.up()
                elif isinstance(step, str):
                    self.journal.absent(step)
                else:
                    self.journal.failed(str(step), step)
                self.clock.now += every_seconds
        assert all(line["collector"] == "gpu" for line in logs)
        return [line["event"] for line in logs if line["log_level"] != "debug"]


def test_that_all_is_well_is_worth_no_line() -> None:
    assert Told().lines(None, None, None) == []


def test_that_there_is_nothing_is_told_once_however_the_reason_is_worded() -> None:
    assert Told().lines("no card", "no card", "no card after 2 s") == ["collector_has_nothing"]


def test_a_failure_is_told_again_only_when_it_is_of_another_kind() -> None:
    told = Told()
    assert told.lines(OSError("1"), OSError("2"), every_seconds=100) == ["collector_failed"]
    assert told.lines(ValueError("3"), ValueError("4")) == ["collector_failed"]


def test_one_that_fails_every_other_second_does_not_fill_the_log() -> None:
    told = Told()
    lines = told.lines(*[OSError("x"), None] * 60)
    assert len(lines) <= 120 / QUIET_SECONDS + 1


def test_what_was_kept_quiet_is_told_when_it_lasts() -> None:
    told = Told()
    assert told.lines(OSError("x"), None, OSError("y"), None) == ["collector_failed"]
    assert told.lines(None, every_seconds=QUIET_SECONDS) == []
    assert told.lines(None) == ["collector_recovered"]


def test_the_way_to_a_failure_is_there_for_who_looks_closer() -> None:
    error = OSError("x")
    with capture_logs() as logs:
        Told().journal.failed("x", error)
    assert [line["exc_info"] for line in logs if line["log_level"] == "debug"] == [error]


def test_what_is_usual_is_no_news_until_something_else_was_told() -> None:
    clock = Clock()
    news = News(clock, usual="works")
    assert [news.is_news(kind) for kind in ("works", "failed", "failed")] == [False, True, False]
    clock.now += QUIET_SECONDS
    assert news.is_news("works")


def test_without_anything_usual_the_first_is_news() -> None:
    assert News(Clock()).is_news("found")
