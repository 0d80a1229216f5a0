"""Processes that share a run have together as much in flight as is asked for."""

from typing import Any

import pytest

from tests.unit.traffic.test_settings import settings
from traffic.refusals import RefusedError
from traffic.sharding.crew import require_shares, share_of


@pytest.mark.parametrize(("whole", "workers"), [(8, 2), (7, 3), (4096, 64), (5, 5)])
def test_what_is_in_flight_is_shared_without_rest(whole: int, workers: int) -> None:
    told = settings(concurrency=whole, max_in_flight=whole, workers=workers)
    shares = [share_of(told, index) for index in range(workers)]
    for name in ("concurrency", "max_in_flight"):
        parts = [getattr(share, name) for share in shares]
        assert sum(parts) == whole
        assert max(parts) - min(parts) <= 1


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"concurrency": 3}, "--workers 4 share --concurrency, .* at least as many, found 3"),
        (
            {"arrival": "poisson", "max_in_flight": 2},
            "--workers 4 share --max-in-flight,.* found 2",
        ),
    ],
)
def test_there_is_something_to_share_or_it_is_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        require_shares(settings(workers=4, **told))


def test_of_a_schedule_the_places_of_a_closed_loop_are_not_minded() -> None:
    require_shares(settings(workers=4, arrival="poisson"))
    require_shares(settings(workers=4, concurrency=4, max_in_flight=1))
