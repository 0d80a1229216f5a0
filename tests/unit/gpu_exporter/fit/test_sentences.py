"""What comes of it and why, in sentences that name models, cards and sizes."""

from dataclasses import replace
from typing import Any

import pytest

from gpu_exporter.fit import sentences
from gpu_exporter.fit.answer import Answer, Seen, answer, head_room
from gpu_exporter.fit.cache import Slots
from gpu_exporter.fit.facts import ModelFacts
from gpu_exporter.fit.need import Manner, need_of
from gpu_exporter.fit.question import Asked
from tests.anatomies import LLAMA31_8B, LLAMA32_3B, Anatomy
from tests.fits import GIB, NOW, card, loaded, seen

NAME = "x:latest"


def told(seen: Seen, anatomy: Anatomy = LLAMA32_3B, tokens: int = 8192, **more: Any) -> Answer:
    facts = more.pop("facts", anatomy.facts())
    return answer(Asked(NAME, tokens, **more), facts, anatomy.size_bytes, seen)


def summary(seen: Seen, anatomy: Anatomy = LLAMA32_3B, tokens: int = 8192, **more: Any) -> str:
    return sentences.summary(NAME, told(seen, anatomy, tokens, **more), seen.version, NOW)


def reasons(seen: Seen, anatomy: Anatomy = LLAMA32_3B, tokens: int = 8192, **more: Any) -> str:
    found = told(seen, anatomy, tokens, **more)
    return "\n".join(sentences.reasons(found, seen.version))


def assumptions(seen: Seen, **more: Any) -> str:
    return "\n".join(sentences.assumptions(told(seen, **more), seen.version))


def test_that_it_fits_names_the_card_and_whom_it_is_beside() -> None:
    others = (loaded("a", 6 * GIB), loaded("b", 4 * GIB, at=None))
    said = summary(seen(card(14), models=others))
    assert said == "x:latest with 8192 tokens of context fits beside a and b on card 0 (RTX)"
    assert summary(seen(card(14))).endswith("fits as the only model on card 0 (RTX)")
    assert summary(seen()).endswith("fits as the only model on main memory")


def test_that_it_fits_after_says_after_whom_and_when() -> None:
    said = summary(seen(card(2), models=(loaded("a", 20 * GIB, at=125.0),)))
    assert said == (
        "x:latest with 8192 tokens of context fits once a has gone, in 2 min 5 s; asked now, "
        "Ollama unloads idle models for it"
    )
    over = summary(seen(card(2), models=(loaded("a", 20 * GIB, at=-3.0),)))
    assert "once a has gone, any moment; asked now" in over
    pinned = summary(seen(card(2), models=(loaded("a", 20 * GIB, at=None),)))
    assert "fits once a has been unloaded; asked now" in pinned


def test_without_a_card_ollama_unloads_nobody_for_it() -> None:
    tight = seen(models=(loaded("a", 28 * GIB, 0),), host_available=3.0 * GIB)
    assert summary(tight).endswith("fits once a has gone, in 5 min 0 s")


def test_that_it_fits_in_part_says_how_many_layers() -> None:
    said = summary(seen(card(4, total=6)), LLAMA31_8B)
    assert "fits on card 0 (RTX) with about" in said and "of 32 layers" in said
    assert said.endswith("the others run on the CPU, slowly")
    after = summary(seen(card(2, total=6), models=(loaded("a", 2 * GIB),)), LLAMA31_8B)
    assert after.endswith("slowly, once a made room")
    assert "would be in main memory" in reasons(seen(card(4, total=6)), LLAMA31_8B)


def test_in_part_with_no_layer_or_with_all_of_them_says_so_in_words() -> None:
    none = told(seen(card(4, total=6)), LLAMA31_8B)
    zero = replace(none, verdict=replace(none.verdict, layers_on_cards=0))
    said = sentences.summary(NAME, zero, "0.33.0", NOW)
    assert said.endswith(
        "fits in main memory alone, with no layer on a card: it runs on the CPU, slowly"
    )
    full = replace(none, verdict=replace(none.verdict, layers_on_cards=32))
    said = sentences.summary(NAME, full, "0.33.0", NOW)
    assert "with its layers, but not with all that is beside them" in said


def test_graphics_that_ollama_leaves_alone_are_not_said_to_be_silent() -> None:
    own = replace(card(9), vendor="amd", name="Radeon", unified_memory=True)
    said = list(sentences.of_head_room(head_room(seen(own)), NOW))
    assert said[-1].startswith("Radeon is a processor's own graphics, which Ollama leaves alone")
    assert not any("does not say" in one for one in said)


def test_that_it_does_not_fit_says_so_also_of_it_alone() -> None:
    small = seen(host_available=2.0 * GIB)
    assert summary(small).endswith("does not fit")
    others = seen(models=(loaded("a", GIB, 0),), host_available=2.0 * GIB)
    assert summary(others).endswith("does not fit, also not without a")


def test_what_is_loaded_takes_nothing_more() -> None:
    said = summary(seen(card(1), models=(loaded(NAME, 3e9, tokens=8192),)))
    assert said == "x:latest is loaded with 8192 tokens of context: it takes nothing more"
    said = summary(seen(card(1), models=(loaded(NAME, 3e9, 1.5e9, tokens=8192),)))
    assert "of context, 50% of it on cards: it takes" in said


def test_what_cannot_be_told_says_so() -> None:
    assert summary(seen(is_elsewhere=True)).startswith("whether x:latest with 8192 tokens")


def test_the_need_is_told_in_parts() -> None:
    assert reasons(seen(card(20))).startswith(
        "it needs 3.1 GB: weights 2.0 GB, key-value cache 940 MB, room to compute in 181 MB\n"
        "now a model may take 19.9 GB of card 0 (RTX)"
    )


def test_what_is_so_close_that_it_may_turn_out_otherwise_is_said() -> None:
    need = need_of(LLAMA32_3B.facts(), 0, Manner(Slots(8192, 1, 512))).on_card / GIB
    close = reasons(seen(card(need + 1.45)))
    assert "so close that it may turn out the other way" in close
    assert "so close" not in reasons(seen(card(20)))


def test_ollama_s_own_reckoning_is_told_beside_ours() -> None:
    said = reasons(seen(card(7), models=(loaded("a", 15 * GIB),)), LLAMA31_8B, 4096)
    assert "Ollama itself reckons 5.5 GB, and loads beside others what is at most 4.8 GB" in said
    assert said.endswith("asked now, it unloads idle models first")
    said = reasons(seen(card(20), models=(loaded("a", 3 * GIB),)))
    assert said.endswith("what is at most 15.9 GB: they stay")


def test_reasons_say_what_the_verdict_says() -> None:
    models = (loaded(NAME, 10 * GIB, tokens=4096), loaded("a", 10 * GIB))
    assert reasons(seen(card(2), models=models)).endswith("at most 9.1 GB: they stay")
    other = replace(card(4, index="1"), vendor="amd")
    two = seen(card(5), other, models=(loaded("a", 10 * GIB),))
    assert "asked now, Ollama unloads idle models" in summary(two, LLAMA31_8B, 4096)
    assert reasons(two, LLAMA31_8B, 4096).endswith("asked now, it unloads idle models first")


def test_as_many_models_as_are_kept_are_a_reason_of_its_own() -> None:
    three = tuple(loaded(name, GIB) for name in "abc")
    said = reasons(seen(card(20), models=three))
    assert said.endswith(
        "Ollama keeps 3 models at most, unless OLLAMA_MAX_LOADED_MODELS says otherwise: one goes "
        "first"
    )
    four = (*three, loaded("d", GIB))
    assert "at most, unless" not in reasons(seen(card(20), models=four))
    own = seen(models=(loaded("a", GIB, 0),), version="0.33.0+embedded")
    assert "the embedded engine keeps 1 model at most, unless ENGINE_MAX" in reasons(own)


def test_a_size_that_was_measured_is_held_against_what_was_reckoned() -> None:
    manner = Manner(Slots(4096, 1, 512))
    size = need_of(LLAMA32_3B.facts(), 0, manner).on_card
    near = seen(card(20), models=(loaded(NAME, 1.02 * size),))
    assert "(reckoned 2.6 GB, -2.0%): the need is corrected by that" in reasons(near)
    far = seen(card(20), models=(loaded(NAME, 3 * size),))
    assert "it runs otherwise than is known here" in reasons(far)
    four = need_of(LLAMA32_3B.facts(), 0, Manner(Slots(4096, 4, 1024))).on_card
    said = reasons(seen(card(20), models=(loaded(NAME, four),)))
    assert "it seems to run otherwise, as 4 at a time with f16" in said
    split = seen(card(20), models=(loaded(NAME, size, size / 2),))
    assert "which cannot be compared" in reasons(split)


def test_what_may_be_less_or_more_is_said() -> None:
    numbers = {**LLAMA32_3B.facts().numbers, "attention.sliding_window": 1024}
    unsure = ModelFacts("brandnew", numbers)
    assert "it may be" in reasons(seen(card(20)), facts=unsure)
    del numbers["block_count"]
    assert "nobody can tell how much" in reasons(seen(card(20)), facts=ModelFacts("y", numbers))


def test_what_is_taken_to_be_so_is_said() -> None:
    said = assumptions(seen(card(20)))
    assert said.startswith(
        "context 8192 (asked for), 1 request at a time, cache of f16, with flash attention, 1024 "
        "tokens a batch\n"
    )
    assert "a gigabyte and a half is left alone" in said
    two = seen(card(20), card(20, index="1"), models=(loaded("a", GIB),))
    assert "which card a loaded model is on is not told" in assumptions(two)
    old = seen(card(20), version="0.5.7")
    assert "Ollama 0.5.7 may size and place models otherwise than 0.33" in assumptions(old)
    assert "otherwise than" not in assumptions(seen(card(20), version="0.33.0+embedded"))


def test_head_room_is_told_by_place_and_by_model() -> None:
    models = (loaded("a", 6 * GIB, 3 * GIB, at=60.0), loaded("b", GIB, at=None))
    found = head_room(seen(card(14), models=models))
    assert list(sentences.of_head_room(found, NOW)) == [
        "card 0 (RTX): 15.0 GB free of 25.8 GB, of which a model may take 13.5 GB",
        "main memory: 32.2 GB free of 34.4 GB",
        "a holds 6.4 GB, 50% of it on cards, which it gives back in 1 min 0 s if nobody asks it "
        "anything",
        "b holds 1.1 GB, stays until it is unloaded",
    ]
    assert list(sentences.of_head_room(head_room(seen()), NOW))[-1] == "no model is loaded"


@pytest.mark.parametrize("version", ["0.33.0", "0.5.7", "0.33.0+embedded", ""])
def test_no_sentence_is_empty_or_ends_with_a_stop(version: str) -> None:
    world = replace(seen(card(4), models=(loaded("a", 20 * GIB),)), version=version)
    found = told(world)
    said = [
        sentences.summary(NAME, found, version, NOW),
        *sentences.reasons(found, version),
        *sentences.assumptions(found, version),
        *sentences.of_head_room(found.head_room, NOW),
    ]
    assert all(said) and not any(one.endswith((".", " ")) for one in said)
