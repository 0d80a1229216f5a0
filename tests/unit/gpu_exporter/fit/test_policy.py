"""What Ollama itself reckons: the numbers of its own tests, and of its rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.fit.cache import Slots
from gpu_exporter.fit.layers import layout_of
from gpu_exporter.fit.places import MIB, Place
from gpu_exporter.fit.policy import (
    Reckoning,
    batch_beside,
    is_engine,
    is_known,
    reckoning_of,
)
from tests.anatomies import GEMMA3_4B, LLAMA32_3B
from tests.anatomies_mixed import LFM2_1B, MINILM

GIB = 1024 * MIB


def card(room: float, id_: str = "0", is_shared: bool = False) -> Place:
    return Place(id_, "x", "nvidia", None, room, 0.0, is_shared=is_shared)


def test_it_is_the_file_and_a_cache_of_f16_whatever_windows_there_are() -> None:
    slots = Slots(8192, batch_tokens=512)
    found = reckoning_of(LLAMA32_3B.facts(), 2_019_393_189, slots, None)
    assert found.model == found.load == 2_019_393_189 + 896 * MIB
    found = reckoning_of(GEMMA3_4B.facts(), 0, slots, None)
    # its heads are 256 long, and Ollama reckons with width by heads
    assert found.model == 2 * 34 * 4 * (2560 // 8) * 8192 * 2


@pytest.mark.parametrize(("batch", "lump"), [(512, 0), (1024, 768), (2048, 2048)])
def test_a_large_batch_has_a_lump_of_its_own(batch: int, lump: int) -> None:
    found = reckoning_of(LLAMA32_3B.facts(), 0, Slots(8192, batch_tokens=batch), None)
    assert found.load - found.model == lump * MIB
    embeds = reckoning_of(MINILM.facts(), 0, Slots(512, batch_tokens=batch), None)
    assert embeds.load == embeds.model


def test_heads_that_differ_by_layer_count_as_those_of_the_fewest() -> None:
    facts = LFM2_1B.facts()
    found = reckoning_of(facts, 0, Slots(4096), layout_of(facts).layers)
    assert found.model > 0


@pytest.mark.parametrize(
    ("load", "room", "beside"),
    [(16, 20, True), (17, 20, False), (1, 0, False)],
)
def test_beside_others_it_may_be_four_fifths(load: int, room: int, beside: bool) -> None:
    assert Reckoning(load, load).loads_beside([card(room)]) is beside


def test_one_card_that_holds_it_is_taken_before_several() -> None:
    cards = [card(10, "0"), card(20, "1"), card(90, "2", is_shared=True)]
    best = Reckoning(8, 8).best_card(cards)
    assert best is not None and best.id == "1"
    assert Reckoning(100, 100).best_card(cards) is None
    assert Reckoning(8, 8).room(cards) == 20
    assert Reckoning(100, 100).room(cards) == 120
    assert Reckoning(100, 100).may_take(cards) == pytest.approx(96)


@pytest.mark.parametrize(
    ("batch", "model", "room", "taken"),
    [
        (2048, 10 * GIB, 24 * GIB, 2048),
        (2048, 15 * GIB, 24 * GIB, 1024),
        (2048, 18.5 * GIB, 24 * GIB, 512),
        (1024, 10 * GIB, 24 * GIB, 1024),
        (512, 10 * GIB, 24 * GIB, 512),
        (2048, 2 * GIB, 4 * GIB, 1024),
        (2048, 30 * GIB, 24 * GIB, 512),
        (128, 1, 24 * GIB, 128),
    ],
)
def test_a_batch_is_smaller_where_a_large_one_would_leave_too_little(
    batch: int, model: float, room: float, taken: int
) -> None:
    assert batch_beside(batch, int(model), room) == taken


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("0.33.0", True),
        ("0.31.1", True),
        ("1.0.0", True),
        ("v0.40.2-rc1", True),
        ("0.30.9", False),
        ("0.5.7", False),
        ("0.0.0", True),
        ("", True),
        ("main", True),
    ],
)
def test_versions_before_this_way_are_told_apart(version: str, known: bool) -> None:
    assert is_known(version) is known


def test_the_engine_is_known_by_its_version() -> None:
    assert is_engine("0.33.0+embedded") and not is_engine("0.33.0")


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 32))
def test_more_context_never_reckons_less(tokens: int, more: int, parallel: int) -> None:
    facts = LLAMA32_3B.facts()
    before = reckoning_of(facts, 7, Slots(tokens, parallel), None)
    after = reckoning_of(facts, 7, Slots(tokens + more, parallel), None)
    assert 7 < before.model <= after.model
