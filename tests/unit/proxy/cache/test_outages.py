"""What is out of order is left alone for a moment, and said once."""

from proxy.cache.outages import Outage

REST_SECONDS = 2.0


class Watched(Outage):
    """An Outage by a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(REST_SECONDS, lambda: self.now)


def test_what_works_is_asked_and_no_news() -> None:
    outage = Watched()
    assert (outage.is_resting, outage.worked()) == (False, False)


def test_a_failure_is_news_once_and_so_is_its_end() -> None:
    outage = Watched()
    assert [outage.failed(), outage.failed()] == [True, False]
    assert [outage.worked(), outage.worked()] == [True, False]
    assert outage.failed()


def test_after_each_failure_it_is_left_alone_for_a_moment() -> None:
    outage = Watched()
    for _ in range(2):
        outage.failed()
        assert outage.is_resting
        outage.now += REST_SECONDS
        assert not outage.is_resting


def test_what_works_again_is_asked_at_once() -> None:
    outage = Watched()
    outage.failed()
    outage.worked()
    assert not outage.is_resting
