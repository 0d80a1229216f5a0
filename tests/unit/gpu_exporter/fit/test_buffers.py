"""Room to compute in: what llama.cpp says that it sets aside for real models."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.fit.buffers import buffers_of, vocabulary
from gpu_exporter.fit.cache import Slots
from gpu_exporter.fit.facts import ModelFacts
from tests.anatomies import (
    GEMMA2_9B,
    GEMMA3_4B,
    GPT_OSS_20B,
    LLAMA31_8B,
    LLAMA32_3B,
    QWEN3_8B,
    QWEN3_30B,
    QWEN25_7B,
    SMOLLM2_135M,
    Anatomy,
    Shapes,
    dense,
)
from tests.anatomies_mixed import DEEPSEEK_LITE, GEMMA4_E4B, LFM2_1B, MINILM, QWEN35_4B

MIB = 2**20

SAID = [
    (SMOLLM2_135M, None, 4096, 512, 18.64),
    (SMOLLM2_135M, None, 8192, 128, 5.66),
    (SMOLLM2_135M, None, 8192, 2048, 90.57),
    (LLAMA32_3B, None, 2048, 512, 80.02),
    (LLAMA32_3B, None, 32768, 512, 110.02),
    (LLAMA31_8B, None, 16384, 512, 140.02),
    (QWEN25_7B, None, 4096, 512, 150.02),
    (QWEN3_8B, None, 4096, 512, 116.02),
    (QWEN3_30B, None, 16384, 512, 104.02),
    (GEMMA3_4B, 1024, 4096, 512, 90.53),
    (GEMMA2_9B, 4096, 16384, 512, 139.53),
    (GPT_OSS_20B, 128, 8192, 2048, 423.60),
    (QWEN35_4B, None, 4096, 512, 83.02),
    (DEEPSEEK_LITE, None, 16384, 512, 100.14),
    (LFM2_1B, None, 4096, 512, 72.02),
    (GEMMA4_E4B, 512, 4096, 512, 112.03),
    (MINILM, None, 512, 512, 7.26),
]
"""What llama.cpp (build 11549, on a CPU) printed for files with the shapes of these models."""


@pytest.mark.parametrize(("anatomy", "window", "tokens", "batch", "size"), SAID)
def test_what_is_set_aside_for_real_models_is_met_within_a_hundredth(
    anatomy: Anatomy, window: int | None, tokens: int, batch: int, size: float
) -> None:
    found = buffers_of(anatomy.facts(), Slots(tokens, batch_tokens=batch), window)
    assert found is not None
    assert found.compute == pytest.approx(size * MIB, rel=0.01)


@pytest.mark.parametrize(
    ("anatomy", "tokens", "size"),
    [(SMOLLM2_135M, 8192, 167.51), (LLAMA32_3B, 4096, 240.01), (LLAMA32_3B, 8192, 440.01)],
)
def test_without_flash_attention_the_scores_of_all_heads_lie_there(
    anatomy: Anatomy, tokens: int, size: float
) -> None:
    found = buffers_of(anatomy.facts(), Slots(tokens), has_flash=False)
    assert found is not None
    assert found.compute == pytest.approx(size * MIB, rel=0.001)


def test_results_for_each_token_of_a_batch_may_be_the_widest_place() -> None:
    found = buffers_of(SMOLLM2_135M.facts(), Slots(4096, batch_tokens=128), logit_rows=128)
    assert found is not None
    assert found.compute == pytest.approx(26.69 * MIB, rel=0.001)


def test_the_output_is_a_number_for_each_word_and_request() -> None:
    found = buffers_of(LLAMA32_3B.facts(), Slots(2048, parallel=4))
    assert found is not None and found.output == 4 * 128256 * 4


@pytest.mark.parametrize(
    ("used", "inner", "widths"),
    [(2, 1024, 17), (8, 256, 17), (8, 192, 22), (6, 192, 17.75), (4, 128, 9), (2, 128, 7)],
)
def test_experts_results_lie_where_their_networks_lay_if_they_have_room(
    used: int, inner: int, widths: float
) -> None:
    """Read off llama.cpp's own numbers, for files of these widths."""
    shapes = Shapes(2, 512, 8, 2, 64, 1024, 256, 65536, experts=(64, used, inner))
    found = buffers_of(dense("qwen3moe", shapes).facts(), Slots(4096))
    assert found is not None
    assert (found.compute - 4096 * 512 * 2) / (512 * 4 * 512) == pytest.approx(widths)


def test_one_latent_key_makes_long_queries() -> None:
    numbers = {**DEEPSEEK_LITE.numbers, "embedding_length": 512, "attention.head_count": 8}
    numbers |= {"feed_forward_length": 2048, "expert_used_count": 4}
    numbers |= {"expert_feed_forward_length": 256}
    found = buffers_of(Anatomy("deepseek2", numbers, ()).facts(), Slots(8192))
    assert found is not None
    assert found.compute == pytest.approx(34613493.76, rel=0.01)


def test_words_are_counted_by_the_table_or_told() -> None:
    assert vocabulary(LLAMA32_3B.facts()) == 128256
    assert vocabulary(ModelFacts("x", {"vocab_size": 7})) == 7
    assert vocabulary(ModelFacts("x")) is None


@pytest.mark.parametrize("missing", ["embedding_length", "feed_forward_length"])
def test_widths_that_are_not_told_leave_it_open(missing: str) -> None:
    facts = LLAMA32_3B.facts()
    numbers = {name: value for name, value in facts.numbers.items() if name != missing}
    assert buffers_of(replace(facts, numbers=numbers), Slots(4096)) is None


anatomies = st.sampled_from([LLAMA32_3B, GEMMA3_4B, QWEN3_30B, DEEPSEEK_LITE, GEMMA4_E4B])


@given(
    anatomies,
    st.integers(1, 10**6),
    st.integers(0, 10**5),
    st.sampled_from([128, 512, 1024]),
    st.booleans(),
)
def test_more_context_or_a_larger_batch_never_needs_less(
    anatomy: Anatomy, tokens: int, more: int, batch: int, has_flash: bool
) -> None:
    facts = replace(anatomy.facts(), tensors=())
    before = buffers_of(facts, Slots(tokens, batch_tokens=batch), 512, has_flash)
    longer = buffers_of(facts, Slots(tokens + more, batch_tokens=batch), 512, has_flash)
    larger = buffers_of(facts, Slots(tokens, batch_tokens=2 * batch), 512, has_flash)
    assert before is not None and longer is not None and larger is not None
    assert 0 < before.compute <= min(longer.compute, larger.compute)
