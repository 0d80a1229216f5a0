"""How fast a model reads is learnt from a few prompts, and holds for longer and shorter ones."""

import random
from statistics import median

import pytest

from proxy.insight.rates import DOUBLED_AT, KEPT, LEAST_BASE, ReadingRate, line_of


def takes(tokens: float, before: float = 0.0, base: float = 0.002, slope: float = 5e-7) -> float:
    """What a model takes whose tokens cost more behind others: 2 ms, and half a us for each."""
    return tokens * (base + slope * (before + tokens / 2))


def learnt(*prompts: tuple[float, float]) -> ReadingRate:
    rate = ReadingRate()
    for tokens, before in prompts:
        rate.learn(tokens, before, takes(tokens, before))
    return rate


def test_nothing_is_known_before_a_prompt_was_read() -> None:
    rate = ReadingRate()
    assert not rate.is_known
    assert rate.seconds(1000) == 0
    assert rate.tokens(0.5) == 0


def test_after_one_prompt_another_of_its_size_is_known() -> None:
    rate = learnt((1000, 0))
    assert rate.is_known
    assert rate.seconds(1000) == pytest.approx(takes(1000))
    assert rate.seconds(500) == pytest.approx(takes(1000) / 2)


@pytest.mark.parametrize("tokens", [200, 500, 3000, 8000])
def test_after_three_of_different_sizes_any_other_is_known(tokens: float) -> None:
    rate = learnt((400, 0), (1000, 0), (2000, 0))
    assert rate.seconds(tokens) == pytest.approx(takes(tokens), rel=1e-6)
    assert rate.seconds(tokens, 4000) == pytest.approx(takes(tokens, 4000), rel=1e-6)


def test_so_many_tokens_as_are_read_in_a_time_take_that_time() -> None:
    for rate in (learnt((1000, 0)), learnt((400, 0), (1000, 0), (2000, 0))):
        assert rate.seconds(rate.tokens(0.5)) == pytest.approx(0.5)


def test_prompts_that_took_another_time_than_they_should_do_not_mislead() -> None:
    rate = learnt((400, 0), (1000, 0), (2000, 0), (700, 0), (1500, 0))
    for tokens in (900, 1200):  # what nobody knew was read before, so that it was fast
        rate.learn(tokens, 0, takes(tokens) / 20)
    assert rate.seconds(3000) == pytest.approx(takes(3000), rel=0.05)


def test_a_machine_that_became_another_is_believed_after_a_while() -> None:
    rate = learnt(*[(1000.0, 0.0)] * KEPT)
    for _ in range(KEPT // 2 + 1):
        rate.learn(1000, 0, takes(1000) / 10)
    assert rate.seconds(1000) == pytest.approx(takes(1000) / 10)


def test_with_noise_it_is_still_near() -> None:
    errors = []
    for seed in range(40):
        draw, rate = random.Random(seed), ReadingRate()
        for _ in range(4):
            tokens = draw.uniform(300, 3000)
            rate.learn(tokens, 0, takes(tokens) * draw.uniform(0.9, 1.1))
        tokens = draw.uniform(300, 6000)
        errors.append(abs(rate.seconds(tokens) / takes(tokens) - 1))
    assert median(errors) < 0.1
    assert max(errors) < 0.8


def test_a_slope_is_never_negative_and_the_base_never_too_small() -> None:
    base, slope = line_of([(100, 0.004), (1000, 0.003), (3000, 0.001)])
    assert slope == 0
    assert base == 0.003
    base, slope = line_of([(100, 0.0001), (1000, 0.003), (3000, 0.009)])
    assert slope == pytest.approx(0.003 / (DOUBLED_AT + 1000))
    assert base >= LEAST_BASE * 0.003


def test_a_machine_that_was_busy_for_a_while_makes_no_long_prompt_endless() -> None:
    rate = ReadingRate()
    for tokens, cost in ((900, 0.0042), (1500, 0.031), (1920, 0.0356), (1200, 0.039)):
        rate.learn(tokens, 0, tokens * cost)
    assert 2400 * 0.031 < rate.seconds(2400) < 2400 * 0.042
