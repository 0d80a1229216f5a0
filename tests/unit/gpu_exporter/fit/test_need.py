"""What a model needs: held against what a real Ollama reported, and what holds for all."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.fit.cache import CacheTypes, Slots
from gpu_exporter.fit.facts import ModelFacts, read_facts
from gpu_exporter.fit.need import (
    ENGINE_PROCESS_BYTES,
    Manner,
    batch_tokens,
    need_of,
)
from ollama_observe.wire.loaded import read_loaded
from tests.anatomies import GEMMA3_4B, LLAMA31_8B, LLAMA32_3B, QWEN3_30B, QWEN25_7B, Anatomy
from tests.anatomies_mixed import DEEPSEEK_LITE, GEMMA4_E4B, LFM2_1B, MINILM, QWEN35_4B
from tests.fakes import captures

MIB = 2**20


def reported(name: str) -> int:
    """What a real Ollama said that a model holds, on a CPU."""
    (model,) = [m for m in read_loaded(captures.load("ps-loaded").body) or () if m.name == name]
    assert model.memory_bytes is not None
    return model.memory_bytes


def test_it_is_what_a_real_ollama_reported_within_a_hundredth() -> None:
    facts = read_facts(captures.load("show").body)
    assert facts is not None
    found = need_of(facts, 98_362_745, Manner(Slots(4096)))
    assert found.total == pytest.approx(reported("smollm2:135m"), rel=0.01)


def test_without_the_shapes_of_tensors_it_is_so_within_a_fiftieth() -> None:
    facts = read_facts(captures.load("show").body)
    assert facts is not None
    found = need_of(replace(facts, tensors=()), 98_362_745, Manner(Slots(4096)))
    assert found.total == pytest.approx(reported("smollm2:135m"), rel=0.02)


def test_a_model_for_embeddings_is_within_a_twentieth() -> None:
    found = need_of(MINILM.facts(), MINILM.size_bytes, Manner(Slots(512, batch_tokens=512)))
    assert found.cache == found.states == 0
    assert found.total == pytest.approx(reported("all-minilm:22m"), rel=0.05)


def test_it_is_the_sum_of_its_parts() -> None:
    found = need_of(LLAMA32_3B.facts(), 0, Manner(Slots(8192)))
    parts = (found.weights, found.cache, found.states, found.compute, found.output, found.process)
    assert found.total == sum(parts) == found.on_card
    assert found.cache == 896 * MIB
    assert found.layers == 28
    assert found.spread < found.weights + found.cache


def test_on_a_card_there_is_no_table_of_inputs() -> None:
    found = need_of(LLAMA31_8B.facts(), 0, Manner(Slots(4096)))
    assert found.total - found.on_card == 4096 * 128256 // 32 * 20


def test_the_engine_s_process_counts_and_it_reserves_results_for_its_batch() -> None:
    slots = Slots(4096, batch_tokens=128)
    plain = need_of(LLAMA32_3B.facts(), 0, Manner(slots))
    own = need_of(LLAMA32_3B.facts(), 0, Manner(slots, is_engine=True))
    assert own.process == ENGINE_PROCESS_BYTES and not plain.process
    assert own.compute - plain.compute > 40 * MIB


@pytest.mark.parametrize(
    ("slots", "is_engine", "expected"),
    [
        (Slots(4096), False, 512),
        (Slots(4097), False, 1024),
        (Slots(4096, 2), False, 1024),
        (Slots(32769), False, 2048),
        (Slots(32769), True, 128),
    ],
)
def test_a_long_context_is_computed_in_large_batches(
    slots: Slots, is_engine: bool, expected: int
) -> None:
    assert batch_tokens(LLAMA32_3B.facts(), slots, is_engine) == expected


def test_a_model_for_embeddings_reads_all_of_a_text_at_once() -> None:
    assert batch_tokens(MINILM.facts(), Slots(512), False) == 512
    assert batch_tokens(MINILM.facts(), Slots(8192), False) == 2048


def test_an_unknown_kind_with_a_window_may_need_less() -> None:
    numbers = {**LLAMA32_3B.facts().numbers, "attention.sliding_window": 1024}
    facts = ModelFacts("brandnew", numbers)
    found = need_of(facts, 2_000_000_000, Manner(Slots(32768)))
    assert 0 < found.unsure < found.cache
    least = found.less()
    assert least.total == found.total - found.unsure and least.unsure == 0
    assert least.on_card == found.on_card - found.unsure
    assert not found.is_open and len(found.notes) == 2


@pytest.mark.parametrize("missing", ["block_count", "embedding_length"])
def test_what_cannot_be_told_leaves_it_open(missing: str) -> None:
    numbers = {k: v for k, v in LLAMA32_3B.facts().numbers.items() if k != missing}
    found = need_of(ModelFacts("llama", numbers), 2_000_000_000, Manner(Slots(4096)))
    assert found.is_open and found.notes
    assert found.total >= 2_000_000_000


kinds = st.sampled_from(
    [LLAMA32_3B, QWEN25_7B, QWEN3_30B, GEMMA3_4B, GEMMA4_E4B, DEEPSEEK_LITE, LFM2_1B, QWEN35_4B]
)
caches = st.sampled_from(["f16", "q8_0", "q4_0", "q8_0/f16"])


@given(kinds, st.integers(1, 10**6), st.integers(0, 10**5), st.integers(1, 16), caches)
def test_more_context_never_needs_less_and_nothing_is_below_zero(
    anatomy: Anatomy, tokens: int, more: int, parallel: int, cache: str
) -> None:
    types = CacheTypes.of(cache)
    assert types is not None
    facts = replace(anatomy.facts(), tensors=())
    before = need_of(facts, 10**9, Manner(Slots(tokens, parallel), types))
    after = need_of(facts, 10**9, Manner(Slots(tokens + more, parallel), types))
    assert 10**9 <= before.total <= after.total
    assert min(before.cache, before.states, before.compute, before.output, before.unsure) >= 0


@given(kinds, st.integers(1, 10**5), st.integers(1, 16))
def test_more_requests_at_a_time_never_need_less(
    anatomy: Anatomy, tokens: int, parallel: int
) -> None:
    facts = replace(anatomy.facts(), tensors=())
    before = need_of(facts, 10**9, Manner(Slots(tokens, parallel)))
    after = need_of(facts, 10**9, Manner(Slots(tokens, parallel + 1)))
    assert before.total <= after.total


@given(kinds, st.integers(1, 10**6))
def test_fewer_bits_never_need_more(anatomy: Anatomy, tokens: int) -> None:
    facts = replace(anatomy.facts(), tensors=())
    sizes = [
        need_of(facts, 10**9, Manner(Slots(tokens), CacheTypes(kind, kind))).total
        for kind in ("f32", "f16", "q8_0", "q4_0")
    ]
    assert sizes == sorted(sizes, reverse=True)
