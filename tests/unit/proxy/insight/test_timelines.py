"""The parts of a model's time add up to it, whatever its requests do at once."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.insight.timelines import (
    PHASES,
    Doing,
    Stretches,
    after,
    length,
    parts,
    union,
    whole,
    within,
)

_STRETCH = st.tuples(st.integers(0, 60), st.integers(0, 30)).map(lambda at: (at[0], sum(at)))
_SOME = st.lists(_STRETCH, max_size=12)
_LAYERS = st.lists(_SOME, min_size=len(Doing), max_size=len(Doing))


def joined(stretches: list[tuple[int, int]]) -> Stretches:
    return union([start for start, _ in stretches], [end for _, end in stretches])


def instants(stretches: Stretches) -> set[int]:
    """The unit steps that stretches cover."""
    return {step for pair in zip(*stretches, strict=True) for step in range(*pair)}


def covered(stretches: list[tuple[int, int]]) -> set[int]:
    return {step for start, end in stretches for step in range(start, end)}


def test_every_thing_that_a_model_does_has_a_phase_and_nothing_is_idle() -> None:
    assert len(PHASES) == len(Doing) + 1
    assert [PHASES[doing] for doing in Doing] == [*PHASES[:-1]]
    assert PHASES[-1] == "idle"


@given(_SOME)
def test_a_union_covers_what_its_stretches_cover_and_its_own_do_not_overlap(
    some: list[tuple[int, int]],
) -> None:
    starts, ends = found = joined(some)
    assert instants(found) == covered(some)
    assert starts == sorted(starts)
    assert all(start > end for start, end in zip(starts[1:], ends, strict=False))
    assert all(start <= end for start, end in zip(starts, ends, strict=True))


@given(_SOME, st.integers(-1, 100), st.integers(0, 100))
def test_within_two_instants_is_what_lies_between_them(
    some: list[tuple[int, int]], start: int, end: int
) -> None:
    found = within(joined(some), start, end)
    assert instants(found) == {step for step in covered(some) if start <= step < end}
    assert length(found) == len(instants(found))


@given(_SOME, st.integers(0, 100))
def test_after_an_instant_is_what_lies_behind_it(some: list[tuple[int, int]], at: int) -> None:
    assert instants(after(joined(some), at)) == {step for step in covered(some) if step >= at}


@given(_LAYERS, st.integers(-5, 50), st.integers(0, 60))
def test_each_instant_is_the_first_layers_that_covers_it(
    layers: list[list[tuple[int, int]]], start: int, size: int
) -> None:
    end = start + size
    expected = [0] * (len(layers) + 1)
    sets = [covered(layer) for layer in layers]
    for step in range(start, end):
        place = next((at for at, covers in enumerate(sets) if step in covers), len(layers))
        expected[place] += 1
    assert parts([joined(layer) for layer in layers], start, end) == expected


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_of_thousands_of_overlapping_requests_are_the_wall_clock_to_the_microsecond(
    seed: int,
) -> None:
    draw = random.Random(seed)
    layers: list[tuple[list[float], list[float]]] = [([], []) for _ in Doing]
    for _ in range(3000):
        at = draw.uniform(0, 1000)
        for doing in draw.sample(list(Doing), 4):
            end = at + draw.expovariate(10)
            layers[doing][0].append(at)
            layers[doing][1].append(end)
            at = end
    covers = [union(whole(starts), whole(ends)) for starts, ends in layers]
    window = 3_000_000, 997_654_321
    found = parts(covers, *window)
    assert sum(found) == window[1] - window[0]
    assert min(found) >= 0
    assert found[Doing.ANSWER] > 0 < found[-1]


def test_nothing_is_of_no_time() -> None:
    layers: list[Stretches] = [([], []), ([1], [9])]
    assert parts(layers, 5, 5) == [0, 0, 0]
    assert parts(layers, 7, 5) == [0, 0, 0]
