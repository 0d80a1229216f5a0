"""Bytes of weights: by the shapes of tensors, which are told, and else by the file's size."""

import pytest

from gpu_exporter.fit.facts import Tensor, read_facts
from gpu_exporter.fit.weights import BLOCKS, by_layer, bytes_of, weights_of
from tests.anatomies import GEMMA3_4B, LLAMA31_8B, LLAMA32_3B
from tests.anatomies_mixed import GEMMA4_E4B
from tests.fakes import captures

MIB = 2**20


@pytest.mark.parametrize(
    ("kind", "shape", "size"),
    [
        ("F32", (576,), 2304),
        ("F16", (3, 5), 30),
        ("Q8_0", (64, 2), 136),
        ("Q4_1", (576, 192), 69120),
        ("Q6_K", (256, 4), 840),
        ("MXFP4", (32, 1), 17),
    ],
)
def test_a_tensor_s_bytes_are_blocks_of_its_type(
    kind: str, shape: tuple[int, ...], size: int
) -> None:
    assert bytes_of(Tensor("x", kind, shape)) == size


def test_a_type_that_is_not_known_has_no_size() -> None:
    assert bytes_of(Tensor("x", "Q9_Z", (1,))) is None
    assert all(size > 0 and values > 0 for size, values in BLOCKS.values())


def test_the_weights_of_a_recorded_model_are_what_llama_cpp_says_of_it() -> None:
    facts = read_facts(captures.load("show").body)
    assert facts is not None
    found = weights_of(facts, 98_362_745)
    assert found.total == pytest.approx(92.10 * MIB, abs=0.01 * MIB)
    assert found.total < 98_362_745


def test_a_table_of_inputs_stays_in_main_memory_where_there_is_one_for_the_output() -> None:
    of_two = weights_of(LLAMA31_8B.facts(), LLAMA31_8B.size_bytes)
    table = 4096 * 128256 // 32 * 20
    assert of_two.input_only == table == of_two.total - of_two.on_card
    of_one = weights_of(LLAMA32_3B.facts(), LLAMA32_3B.size_bytes)
    assert of_one.input_only == 0 and of_one.on_card == of_one.total


def test_an_input_of_each_layer_never_goes_to_a_card() -> None:
    found = weights_of(GEMMA4_E4B.facts(), 0)
    assert found.input_only == 256 * 42 * 262144 // 32 * 20


def test_without_tensors_the_size_of_the_files_is_what_there_is() -> None:
    found = weights_of(LLAMA32_3B.without_tensors().facts(), 2_019_393_189)
    assert (found.total, found.on_card, found.layers) == (2_019_393_189,) * 3


def test_one_unknown_type_makes_the_files_size_count() -> None:
    shown = LLAMA32_3B.shown()
    shown["tensors"][3]["type"] = "NEW_4"
    found = weights_of(LLAMA32_3B.facts(tensors=shown["tensors"]), 7)
    assert found.total == 7


def test_a_projector_is_in_the_files_size_alone() -> None:
    plain = weights_of(GEMMA3_4B.facts(), 3_338_801_804)
    seeing = weights_of(GEMMA3_4B.facts(projector_info={"a": 1}), 3_338_801_804)
    assert plain.total < seeing.total == 3_338_801_804
    assert plain.layers == seeing.layers


def test_tensors_are_found_by_layer() -> None:
    found = by_layer(LLAMA32_3B.facts().tensors)
    assert sorted(found) == list(range(28))
    assert found[27]["attn_k.weight"].shape == (3072, 1024)
