"""How long the same is kept and sent again: longer each time, and not for ever."""

from proxy.telemetry.backoff import IN_ALL_SECONDS, LONGEST_SECONDS, Backoff


def waits(backoff: Backoff, asked: float = 0.0) -> list[float]:
    found = []
    while (seconds := backoff.wait(asked)) is not None:
        found.append(seconds)
    return found


def test_each_wait_is_twice_as_long_up_to_a_bound_and_then_it_is_over() -> None:
    found = waits(Backoff(lambda: 0.0))
    assert found[:6] == [1, 2, 4, 8, 16, 30]
    assert set(found[5:]) == {LONGEST_SECONDS}
    assert IN_ALL_SECONDS - LONGEST_SECONDS < sum(found) <= IN_ALL_SECONDS


def test_chance_takes_up_to_half_of_it() -> None:
    assert waits(Backoff(lambda: 1.0))[:3] == [0.5, 1, 2]


def test_who_asks_for_longer_gets_it() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.wait(20.0), backoff.wait(0.0)] == [20.0, 2.0]
    assert waits(Backoff(lambda: 0.0), asked=IN_ALL_SECONDS + 1) == []
