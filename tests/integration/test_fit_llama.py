"""What is reckoned for models of many kinds, held against what llama.cpp sets aside for them."""

from pathlib import Path

import pytest

from gpu_exporter.fit.cache import CacheTypes, Slots
from gpu_exporter.fit.need import Manner, need_of
from tests.anatomies import Anatomy, Shapes, dense
from tests.anatomies_mixed import deepseek2, gemma4, lfm2, qwen35
from tests.hollow import hollow, set_aside

MIB = 2**20
WORDS = 1024

SMALL = Shapes(6, 512, 8, 4, 64, 1024, WORDS, 65536)
KINDS = {
    "llama": dense("llama", SMALL),
    "qwen2": dense("qwen2", Shapes(6, 512, 8, 2, 64, 1536, WORDS, 65536, has_bias=True)),
    "qwen3moe": dense(
        "qwen3moe",
        Shapes(*(6, 512, 8, 2, 64, 1024, WORDS, 65536), experts=(16, 4, 256), has_norms=True),
    ),
    "gemma3": dense(
        "gemma3",
        Shapes(*(12, 512, 4, 2, 128, 1024, WORDS, 65536), swa=512, has_norms=True, has_posts=True),
    ),
    "gemma2": dense("gemma2", Shapes(6, 512, 4, 2, 128, 1024, WORDS, 65536, 1024, has_posts=True)),
    "cohere2": dense(
        "cohere2",
        Shapes(8, 512, 8, 4, 64, 2048, WORDS, 65536, swa=1024),
        0,
        **{"attention.layer_norm_epsilon": 1e-5, "logit_scale": 0.25},
    ).without("ffn_norm.weight"),
    "qwen35": qwen35(
        Shapes(8, 512, 4, 1, 64, 2048, WORDS, 65536, has_norms=True), inner=512, groups=2
    ),
    "deepseek2": deepseek2(
        Shapes(*(27, 512, 8, 1, 192, 2048, WORDS, 65536), experts=(16, 4, 256), is_tied=False)
    ),
    "lfm2": lfm2(Shapes(6, 512, 8, 4, 64, 1024, WORDS, 65536, has_norms=True), (1, 4)),
    "gemma4": gemma4(Shapes(12, 512, 4, 2, 256, 2048, WORDS, 65536, swa=512), 128, 6, 192),
}


def check(anatomy: Anatomy, folder: Path, slots: Slots, types: str = "f16") -> None:
    """Parts of the cache to the byte, all together within a hundredth."""
    file = hollow(folder / "model.gguf", anatomy)
    truth = set_aside(file, slots.context_tokens, slots.parallel, slots.batch_tokens, types)
    found = CacheTypes.of(types)
    assert found is not None
    need = need_of(anatomy.facts(), file.stat().st_size, Manner(slots, found))
    # llama.cpp prints hundredths of MiB, of each part
    assert need.cache == pytest.approx(truth["KV"], abs=0.02 * MIB)
    assert need.states == pytest.approx(truth["RS"], abs=0.01 * MIB)
    assert need.weights == pytest.approx(truth["model"], abs=0.1 * MIB)
    assert need.output == pytest.approx(truth["output"], abs=0.01 * MIB)
    assert need.compute == pytest.approx(truth["compute"], rel=0.03, abs=0.1 * MIB)
    assert need.total == pytest.approx(sum(truth.values()), rel=0.01)
    assert not need.notes and not need.unsure and not need.is_open


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_reckoned_is_what_llama_cpp_sets_aside(kind: str, tmp_path: Path) -> None:
    check(KINDS[kind], tmp_path, Slots(8192, batch_tokens=512))


@pytest.mark.parametrize("kind", ["llama", "gemma3", "qwen35"])
def test_so_it_is_for_several_requests_and_a_large_batch(kind: str, tmp_path: Path) -> None:
    check(KINDS[kind], tmp_path, Slots(6000, parallel=3, batch_tokens=1024))


@pytest.mark.parametrize("types", ["q8_0", "q4_0"])
def test_so_it_is_for_a_cache_of_fewer_bits(types: str, tmp_path: Path) -> None:
    check(KINDS["llama"], tmp_path, Slots(8192), types)
