"""Ladders rise, and reach what they must."""

import pytest

from ollama_observe.metrics import buckets

LADDERS = {name: value for name, value in vars(buckets).items() if name.isupper()}


@pytest.mark.parametrize("name", LADDERS)
def test_a_ladder_rises(name: str) -> None:
    ladder = LADDERS[name]
    assert list(ladder) == sorted(set(ladder))


def test_the_tails_reach_what_slow_machines_do() -> None:
    assert max(buckets.LATENCY) >= 1800
    assert max(buckets.FIRST_TOKEN) >= 600
    assert min(buckets.TOKENS_PER_SECOND) <= 1
