"""Cards and main memory as places: what is free of them, and what a model may take."""

from dataclasses import replace

import pytest

from gpu_exporter.fit.places import HOST_RESERVE_BYTES, MIB, Machine, Place, machine_of
from gpu_exporter.gpu import Gpu, MigInstance

GIB = 1024 * MIB
RESERVE = (1024 + 457) * MIB


def gpu(
    index: str = "0", free: float | None = 20 * GIB, vendor: str = "nvidia", **more: object
) -> Gpu:
    card = Gpu(index=index, uuid=f"GPU-{index}", name=f"Card {index}", vendor=vendor)
    told = {"memory_free_bytes": free, "memory_total_bytes": 24 * GIB, "memory_used_bytes": 4 * GIB}
    return replace(card, **{**told, **more})  # type: ignore[arg-type]


def seen(*gpus: Gpu, available: float | None = 30 * GIB, **more: object) -> Machine:
    return machine_of(gpus, available, 32 * GIB, **more)  # type: ignore[arg-type]


def test_of_a_card_a_driver_s_part_and_a_gigabyte_are_left_alone() -> None:
    (card,) = seen(gpu()).cards
    assert (card.id, card.free, card.room) == ("0", 20 * GIB, 20 * GIB - RESERVE)
    assert (card.total, card.used, card.is_shared) == (24 * GIB, 4 * GIB, False)


def test_an_overhead_that_is_set_counts_where_it_is_more() -> None:
    (card,) = seen(gpu(), overhead_bytes=3 * GIB).cards
    assert card.room == 20 * GIB - 3 * GIB - 457 * MIB
    (card,) = seen(gpu(), overhead_bytes=1).cards
    assert card.room == 20 * GIB - RESERVE


def test_room_is_never_below_nothing() -> None:
    (card,) = seen(gpu(free=100)).cards
    assert card.room == 0


def test_those_with_most_room_come_first() -> None:
    found = seen(gpu("0", 5 * GIB), gpu("1", 20 * GIB), gpu("2", 9 * GIB))
    assert [card.id for card in found.cards] == ["1", "2", "0"]


def test_main_memory_has_a_reserve_too() -> None:
    host = seen().host
    assert host is not None
    assert host.room == 30 * GIB - HOST_RESERVE_BYTES
    assert seen(available=None).host is None


def test_a_card_that_does_not_say_what_is_free_is_named() -> None:
    found = seen(gpu(free=None), gpu("1"))
    assert [card.id for card in found.cards] == ["1"]
    assert found.silent == ("Card 0",)


def test_parts_of_a_card_are_places_of_their_own() -> None:
    parts = (
        MigInstance("1", "MIG-1", "4g.40gb", 10 * GIB, 40 * GIB),
        MigInstance("2", "MIG-2", "3g.40gb", None, 40 * GIB),
    )
    (part,) = seen(gpu(mig=parts)).cards
    assert (part.id, part.name, part.free) == ("0:1", "Card 0 4g.40gb", 30 * GIB)


def test_apple_s_graphics_have_three_quarters_of_the_memory() -> None:
    card = gpu(
        free=None,
        vendor="apple",
        unified_memory=True,
        memory_total_bytes=32 * GIB,
        memory_used_bytes=2 * GIB,
    )
    (found,) = seen(card).cards
    assert found.is_shared and found.free == 22 * GIB
    assert found.room == 22 * GIB - (1024 + 512) * MIB
    (found,) = seen(card, available=5 * GIB).cards
    assert found.free == 5 * GIB


def test_a_card_that_shares_memory_has_the_less_of_what_both_say() -> None:
    (found,) = seen(gpu(free=50 * GIB, unified_memory=True)).cards
    assert found.free == 30 * GIB
    (found,) = seen(gpu(free=7 * GIB, unified_memory=True)).cards
    assert found.free == 7 * GIB
    assert seen(gpu(unified_memory=True), available=None).cards == []


@pytest.mark.parametrize(("is_used", "count"), [(False, 0), (True, 1)])
def test_a_processor_s_own_graphics_count_where_a_model_is_on_them(
    is_used: bool, count: int
) -> None:
    card = gpu(vendor="amd", unified_memory=True)
    found = seen(card, are_cards_used=is_used)
    assert len(found.cards) == count
    assert found.unused == (() if count else ("Card 0",)) and not found.silent


def test_what_is_freed_is_free_up_to_all_that_there_is() -> None:
    place = Place("0", "x", "nvidia", 24.0, 20.0, 2.0)
    assert place.with_freed(3.0).free == 23.0
    assert place.with_freed(30.0).free == 24.0
    assert replace(place, total=None).with_freed(30.0).free == 50.0
    assert replace(place, total=10.0).with_freed(1.0).free == 20.0
