from stack.top.recent import Recent
from stack.top.table import Finished


def ended(name: str, ago: float, took: float = 1.0) -> Finished:
    return Finished(request_id=name, duration_seconds=took, ago_seconds=ago)


def named(recent: Recent, now: float) -> list[tuple[str, float]]:
    return [(one.request_id, one.ago_seconds) for one in recent.entries(now)]


def test_what_a_proxy_no_longer_tells_is_remembered_and_the_latest_is_first() -> None:
    recent = Recent()
    recent.add([ended("a", 1.0), ended("b", 3.0)], now=100.0)
    recent.add([ended("c", 0.0)], now=110.0)
    assert named(recent, 110.0) == [("c", 0.0), ("a", 11.0), ("b", 13.0)]


def test_what_is_told_again_is_the_same() -> None:
    recent = Recent()
    for now in (100.0, 101.0):
        recent.add([ended("a", now - 99.0)], now)
    assert named(recent, 101.0) == [("a", 2.0)]


def test_an_id_that_a_client_uses_again_is_another_request() -> None:
    recent = Recent()
    recent.add([ended("mine", 1.0, took=0.5)], 100.0)
    recent.add([ended("mine", 0.0, took=0.7)], 101.0)
    assert len(recent.entries(101.0)) == 2


def test_the_oldest_are_forgotten() -> None:
    recent = Recent(most=3)
    for number in range(10):
        recent.add([ended(str(number), 0.0)], float(number))
    assert [name for name, _ in named(recent, 9.0)] == ["9", "8", "7"]


def test_nothing_ends_in_the_future() -> None:
    recent = Recent()
    recent.add([ended("a", 0.0)], 100.0)
    assert named(recent, 99.9) == [("a", 0.0)]
