"""A question and what was seen, to an answer: of models as they are, on machines as there are."""

from dataclasses import replace
from typing import Any

import pytest

from gpu_exporter.fit.answer import Answer, Limit, Seen, answer, head_room
from gpu_exporter.fit.cache import CacheTypes, Slots
from gpu_exporter.fit.need import Manner, need_of
from gpu_exporter.fit.question import Asked
from gpu_exporter.fit.verdict import Kind
from gpu_exporter.ollama.configuration import Configuration
from gpu_exporter.ollama.environment import Setting
from tests.anatomies import GEMMA3_4B, LLAMA31_8B, LLAMA32_3B, Anatomy
from tests.fits import GIB, card, loaded, seen


def found(seen: Seen, anatomy: Anatomy = LLAMA32_3B, tokens: int = 8192, **more: Any) -> Answer:
    asked = Asked("x:latest", tokens, **more)
    return answer(asked, anatomy.facts(), anatomy.size_bytes, seen)


def test_a_model_fits_alone_on_a_card_with_room() -> None:
    told = found(seen(card(20)))
    assert told.verdict.kind is Kind.FITS
    assert [place.id for place in told.verdict.places] == ["0"]
    assert told.chosen.manner.slots == Slots(8192, 1, 1024)
    assert told.reckoning is not None and told.verdict.may_take is None


def test_its_need_is_what_is_reckoned_for_a_card() -> None:
    told = found(seen(card(20)))
    manner = Manner(Slots(8192, 1, 1024))
    assert told.need == need_of(LLAMA32_3B.facts(), LLAMA32_3B.size_bytes, manner)


def test_beside_others_it_fits_where_ollama_s_own_reckoning_says_so_too() -> None:
    told = found(seen(card(12), models=(loaded("other", 11 * GIB),)))
    assert told.verdict.kind is Kind.FITS
    assert told.verdict.may_take == pytest.approx(0.8 * (12 * GIB - (1024 + 457) * 2**20))


def test_where_there_is_room_and_ollama_would_make_more_it_fits_only_after() -> None:
    """5.4 GB are needed and 5.9 may be taken; Ollama loads 4.7 at most beside others."""
    told = found(seen(card(7), models=(loaded("other", 15 * GIB),)), LLAMA31_8B, tokens=4096)
    assert told.need.on_card <= 7 * GIB - (1024 + 457) * 2**20
    assert told.verdict.kind is Kind.FITS_AFTER
    assert [one.name for one in told.verdict.gone] == ["other"]


def test_a_model_that_is_loaded_with_that_context_takes_nothing_more() -> None:
    told = found(seen(card(1), models=(loaded("x:latest", 3e9, tokens=8192),)))
    assert told.verdict.kind is Kind.FITS and not told.verdict.places
    split = found(seen(card(1), models=(loaded("x:latest", 3e9, 2e9, tokens=8192),)))
    assert split.verdict.kind is Kind.FITS_PARTLY


def test_loaded_with_another_context_it_goes_before_it_comes() -> None:
    told = found(seen(card(2), models=(loaded("x:latest", 20 * GIB),)))
    assert told.verdict.kind is Kind.FITS and told.verdict.places
    assert told.itself is not None


def test_what_it_holds_corrects_what_it_would_need() -> None:
    manner = Manner(Slots(4096, 1, 512))
    reckoned = need_of(LLAMA32_3B.facts(), LLAMA32_3B.size_bytes, manner).on_card
    told = found(seen(card(20), models=(loaded("x:latest", 1.05 * reckoned),)))
    assert told.measured is not None and told.measured.is_near
    plain = found(seen(card(20)))
    assert told.need.on_card == plain.need.on_card + round(1.05 * reckoned) - reckoned


def test_a_size_that_is_of_other_settings_is_explained_and_corrects_nothing() -> None:
    manner = Manner(Slots(4096, 4, 1024))
    size = need_of(LLAMA32_3B.facts(), LLAMA32_3B.size_bytes, manner).on_card
    told = found(seen(card(20), models=(loaded("x:latest", size),)))
    assert told.measured is not None and not told.measured.is_near
    assert (4, CacheTypes()) in told.also
    assert told.need == found(seen(card(20))).need


def test_asked_with_other_settings_it_is_judged_though_it_is_loaded() -> None:
    models = (loaded("x:latest", 3e9, tokens=8192),)
    told = found(seen(card(20), models=models), parallel=4)
    assert told.verdict.places


def test_without_a_card_it_is_main_memory_and_ollama_reckons_nothing() -> None:
    told = found(seen())
    assert (told.verdict.kind, told.verdict.places[0].id) == (Kind.FITS, "host")
    assert told.reckoning is None
    assert told.chosen.manner.slots.batch_tokens == 1024


def test_the_engine_uses_no_card() -> None:
    told = found(seen(card(20), version="0.33.0+embedded"))
    assert told.verdict.places[0].id == "host"
    assert told.chosen.manner == Manner(Slots(8192, 1, 128), is_engine=True)
    assert told.limit == Limit(1, False)


def test_where_no_loaded_model_is_on_a_card_none_is_taken_to_be_used() -> None:
    room = head_room(seen(card(20), models=(loaded("a", 5, 0),)))
    assert room.machine.cards == () and room.machine.host is not None
    assert "taken to use main memory alone" in room.notes[0]


def test_where_models_are_on_cards_that_are_not_seen_nothing_can_be_told() -> None:
    told = found(seen(models=(loaded("a", 5, 5),)))
    assert told.verdict.kind is Kind.UNKNOWN
    assert "cards that are not seen from here" in told.head_room.notes[0]


def test_on_another_machine_nothing_can_be_told_but_the_need() -> None:
    told = found(seen(card(20), is_elsewhere=True))
    assert told.verdict.kind is Kind.UNKNOWN
    assert told.need.total > 2e9
    assert "runs on another machine" in told.head_room.notes[0]


def test_an_ollama_from_before_decides_in_a_way_that_is_not_known() -> None:
    told = found(seen(card(20), models=(loaded("a", 5 * GIB),), version="0.5.7"))
    assert told.reckoning is None and told.verdict.may_take is None
    assert told.verdict.kind is Kind.FITS


def test_a_large_batch_is_not_taken_where_it_would_leave_too_little() -> None:
    told = found(seen(card(7)), LLAMA31_8B, tokens=8192)
    assert told.chosen.manner.slots.batch_tokens == 512
    without = found(seen(card(20)), has_flash=False)
    assert without.chosen.manner.slots.batch_tokens == 512


def test_the_models_that_are_kept_are_those_that_are_set_or_three_a_card() -> None:
    assert found(seen(card(20), card(20, index="1"))).limit == Limit(6, False)
    settings = {"OLLAMA_MAX_LOADED_MODELS": Setting("OLLAMA_MAX_LOADED_MODELS", "2")}
    configuration = Configuration(settings=settings)
    assert found(seen(card(20), configuration=configuration)).limit == Limit(2, True)


def test_overhead_that_is_set_is_left_alone() -> None:
    settings = {"OLLAMA_GPU_OVERHEAD": Setting("OLLAMA_GPU_OVERHEAD", str(4 * GIB))}
    room = head_room(seen(card(20), configuration=Configuration(settings=settings)))
    assert room.machine.cards[0].room == 16 * GIB - 457 * 2**20


def test_windows_make_room_for_a_long_context() -> None:
    small = found(seen(card(12)), GEMMA3_4B, tokens=131072)
    assert small.verdict.kind is Kind.FITS
    assert small.need.cache < 3 * GIB


def test_what_it_may_take_is_reckoned_on_the_machine_that_is_judged() -> None:
    """Loaded with another context it goes first: that leaves room beside the other."""
    models = (loaded("x:latest", 10 * GIB, tokens=4096), loaded("other", 10 * GIB))
    told = found(seen(card(2), models=models))
    assert told.verdict.kind is Kind.FITS and told.verdict.loads_beside is True
    assert told.verdict.may_take == pytest.approx(0.8 * (12 * GIB - (1024 + 457) * 2**20))


def test_what_it_may_take_is_of_one_maker_s_cards() -> None:
    other = replace(card(4, index="1"), vendor="amd")
    told = found(seen(card(5), other, models=(loaded("other", 10 * GIB),)), LLAMA31_8B, 4096)
    assert told.verdict.kind is Kind.FITS_AFTER and told.verdict.loads_beside is False
    assert told.verdict.may_take == pytest.approx(0.8 * (5 * GIB - (1024 + 457) * 2**20))
