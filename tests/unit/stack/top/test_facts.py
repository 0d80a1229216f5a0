import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stack.top.facts import Facts, Source, total
from stack.top.rates import Counts, Growth

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def facts(*sources: Source) -> Facts:
    return Facts(at=AT, sources=sources)


def test_who_answers_is_told_by_part() -> None:
    found = facts(
        Source("proxy", "a", "connection refused"),
        Source("proxy", "b"),
        Source("gpu-exporter", "c", "x"),
    )
    assert (found.has_proxy, found.has_exporter, found.is_anybody_there) == (True, False, True)
    assert found.proxies_asked == 1
    nobody = facts(Source("proxy", "a", "x"))
    assert (nobody.has_proxy, nobody.is_anybody_there, facts().is_anybody_there) == (
        False,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("lately", "expected"),
    [
        (Growth(60, requests=10, errors={"a": 1, "b": 1}), 0.2),
        (Growth(60, requests=10), 0.0),
        (Growth(60), None),
        # an error may be told of by a page, and its request by the next
        (Growth(60, requests=1, errors={"a": 2}), 1.0),
    ],
)
def test_errors_are_a_share_of_what_ended(lately: Growth, expected: float | None) -> None:
    assert replace(facts(), lately=lately).error_ratio == expected


def test_quantiles_are_those_of_late() -> None:
    found = replace(facts(), lately=Growth(60, ttft={1.0: 4, math.inf: 4}))
    assert found.ttft(0.5) == 0.5
    assert found.ttft_count == 4
    assert facts().ttft(0.5) is None


def test_counts_of_proxies_add_up() -> None:
    one = Counts(3, 50, 20, {"a": 1}, {1.0: 2, math.inf: 2}, began=5.0)
    both = total([one, one])
    assert both == Counts(6, 100, 40, {"a": 2}, {1.0: 4, math.inf: 4})
    assert total([]) is None
