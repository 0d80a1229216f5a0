"""Numbers are where another process finds them."""

from typing import Any

from proxy.admission import Admission
from proxy.shared import MOST_MODELS, MOST_PROCESSES, Shared


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
    )
    assert [len(part) for part in parts] == [MOST_PROCESSES, *3 * [MOST_MODELS]]
    for number, part in enumerate(parts, 1):
        for place in range(len(part)):
            part[place] = number
    assert [set(part) for part in parts] == [{1}, {2}, {3.0}, {4.0}]
    assert not any(other.models)
