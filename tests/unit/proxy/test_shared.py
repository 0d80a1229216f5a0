"""Numbers are where another process finds them."""

import math
from typing import Any

import pytest

from proxy.admission import Admission
from proxy.shared import MOST_MODELS, MOST_PROCESSES, Shared, word_of


def test_what_is_written_is_seen_through_another_mapping_of_the_same_memory() -> None:
    shared = Shared()
    Admission(1, Shared(shared.descriptor), 7).enter()
    assert list(shared.in_flight[:8]) == [0, 0, 0, 0, 0, 0, 0, 1]
    assert Admission(1, shared, 0).enter() is not None


def test_no_number_lies_on_another() -> None:
    shared, other = Shared(), Shared()
    parts: tuple[Any, ...] = (
        shared.in_flight,
        shared.models,
        shared.used_at,
        shared.loaded_at,
        shared.gateway._numbers,
        shared._changes,
        shared._epochs,
    )
    assert [len(part) for part in parts] == [
        *(MOST_PROCESSES, *3 * [MOST_MODELS]),
        *(3, MOST_PROCESSES, 1),
    ]
    for number, part in enumerate(parts, 1):
        for place in range(len(part)):
            part[place] = number
    assert [set(part) for part in parts] == [{1}, {2}, {3.0}, {4.0}, {5.0}, {6}, {7}]
    assert not any(other.models)


def test_there_is_room_for_those_who_bring_keys_where_somebody_asks_for_it() -> None:
    shared = Shared(access_bytes=80)
    assert len(Shared().access) == 0
    Shared(shared.descriptor).access[9] = 5
    assert list(shared.access) == [0] * 9 + [5]
    shared.begin_cache_epoch()
    shared.model_changes(0).happened()
    assert list(shared.access) == [0] * 9 + [5]
    assert Shared(shared.descriptor).cache_epoch == 1


@pytest.mark.parametrize(
    ("told", "is_down", "silent_seconds"),
    [
        ([], False, 0.0),
        ([(5.0, True)], False, 0.0),
        ([(5.0, False)], True, math.inf),
        ([(5.0, False), (9.0, False)], True, math.inf),
        ([(5.0, True), (7.0, False)], True, 2.0),
        ([(5.0, True), (7.0, False), (9.0, False)], True, 4.0),
        ([(5.0, True), (7.0, False), (9.0, True)], False, 0.0),
        ([(5.0, True), (5.0, False)], False, 0.0),  # a clock that stands still
    ],
)
def test_the_gateway_is_down_since_its_last_answer(
    told: list[tuple[float, bool]], is_down: bool, silent_seconds: float
) -> None:
    shared = Shared()
    for at, is_up in told:
        shared.gateway.tell(at, is_up)
    seen = Shared(shared.descriptor).gateway
    assert (seen.is_down, seen.silent_seconds) == (is_down, silent_seconds)


def test_a_gateway_is_known_to_all_once_it_was_found() -> None:
    shared = Shared()
    seen = Shared(shared.descriptor).gateway
    known = [seen.is_known]
    shared.gateway.tell(5.0, False)
    known.append(seen.is_known)
    shared.gateway.is_there()
    shared.gateway.tell(7.0, False)
    assert [*known, seen.is_known] == [False, False, True]


def test_models_that_change_by_way_of_two_processes_at_once_are_two_changes() -> None:
    shared = Shared()
    here = shared.model_changes(0)
    there = Shared(shared.descriptor).model_changes(MOST_PROCESSES - 1)
    marks = [here.mark]
    for one in (here, there, here):
        one.happened()
        assert here.mark == there.mark
        marks.append(here.mark)
    assert len(set(marks)) == 4


def test_a_name_has_one_word_that_fits_and_is_not_nobodys() -> None:
    shared, names = Shared(), [f"model-{number}" for number in range(100)]
    words = [word_of(name) for name in names]
    assert words == [word_of(name) for name in names]
    assert len({*words, 0}) == 101
    shared.models[0], shared.models[1] = min(words), max(words)
