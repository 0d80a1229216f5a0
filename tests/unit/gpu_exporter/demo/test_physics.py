"""How a made-up card behaves: nothing jumps, nothing is random."""

import pytest

from gpu_exporter.demo.backend import DATA_CENTRE, SHOP
from gpu_exporter.demo.physics import SLOWDOWN_CELSIUS, Nature, Physics

each = pytest.mark.parametrize("nature", [SHOP, DATA_CENTRE], ids=["shop", "data centre"])


@each
def test_it_goes_the_same_way_in_small_and_in_large_steps(nature: Nature) -> None:
    small, large = Physics(nature), Physics(nature)
    for tenth in range(3000):
        small.advance(tenth / 10)
    large.advance(299.9)
    assert small == large


@each
def test_time_that_was_passed_is_not_passed_again(nature: Nature) -> None:
    physics = Physics(nature)
    physics.advance(100.0)
    joules = physics.joules
    physics.advance(50.0)
    assert physics.joules == joules


@each
def test_what_is_wanted_above_the_limit_is_held_down(nature: Nature) -> None:
    physics = Physics(nature)
    held = 0
    for second in range(int(nature.period_seconds)):
        physics.advance(float(second))
        assert physics.watts <= nature.limit_watts
        if physics.throttled["power_cap"]:
            held += 1
            assert physics.sm_hertz < nature.max_sm_hertz
        assert physics.throttled["sw_thermal"] == (physics.celsius >= SLOWDOWN_CELSIUS)
        assert physics.throttled["idle"] == (physics.load_ratio < 0.01)
    assert held > 10


@each
def test_a_model_is_loaded_before_it_works_and_leaves_after_it(nature: Nature) -> None:
    physics = Physics(nature)
    without = 0
    for second in range(int(nature.period_seconds)):
        physics.advance(float(second))
        assert physics.load_ratio == 0 or physics.loaded_ratio > 0
        assert physics.memory_used_bytes < nature.memory_bytes
        without += physics.loaded_ratio == 0
    assert 10 < without < nature.period_seconds / 2
