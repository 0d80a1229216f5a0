"""What each layer of a model keeps, of models whose makers say so."""

from collections import Counter
from collections.abc import Sequence

import pytest

from gpu_exporter.fit.facts import ModelFacts
from gpu_exporter.fit.layers import Layer, layout_of
from tests.anatomies import (
    GEMMA3_4B,
    GPT_OSS_20B,
    LLAMA32_3B,
    QWEN25_7B,
    Anatomy,
    Shapes,
    dense,
)
from tests.anatomies_mixed import DEEPSEEK_LITE, GEMMA4_E4B, LFM2_1B, MINILM, QWEN35_4B

NUMBERS = {"block_count": 4, "embedding_length": 64, "attention.head_count": 4}


def layers_of(anatomy: Anatomy) -> Sequence[Layer]:
    layout = layout_of(anatomy.facts())
    assert layout.layers is not None and layout.notes == ()
    return layout.layers


@pytest.mark.parametrize("anatomy", [LLAMA32_3B, LLAMA32_3B.without_tensors()])
def test_layers_that_are_alike_are_read_from_shapes_or_from_numbers(anatomy: Anatomy) -> None:
    assert layers_of(anatomy) == (Layer(8 * 128, 8 * 128),) * 28


def test_heads_that_share_keys_make_a_layer_keep_less() -> None:
    assert layers_of(QWEN25_7B) == (Layer(4 * 128, 4 * 128),) * 28


@pytest.mark.parametrize(
    ("anatomy", "window", "of_all"),
    [(GEMMA3_4B, 1024, [5, 11, 17, 23, 29]), (GPT_OSS_20B, 128, list(range(1, 24, 2)))],
)
def test_some_layers_see_all_and_the_others_a_window(
    anatomy: Anatomy, window: int, of_all: list[int]
) -> None:
    layers = layers_of(anatomy)
    assert [n for n, layer in enumerate(layers) if layer.window_tokens is None] == of_all
    assert {layer.window_tokens for layer in layers} == {None, window}
    assert layout_of(anatomy.facts()).window_tokens == window


def test_a_pattern_that_is_told_counts_more_than_the_usual_one() -> None:
    told = dense(
        "gemma2",
        Shapes(6, 64, 4, 2, 16, 64, 100, 8192, 512),
        **{"attention.sliding_window_pattern": 3},
    )
    windows = [layer.window_tokens for layer in layers_of(told)]
    assert windows == [512, 512, None, 512, 512, None]


def test_where_the_first_of_a_group_sees_all() -> None:
    found = dense("smallthinker", Shapes(5, 64, 4, 2, 16, 64, 100, 8192, 512))
    assert [layer.window_tokens for layer in layers_of(found)] == [None, 512, 512, 512, None]


def test_a_window_that_llama_cpp_does_not_use_is_none() -> None:
    for kind in ("phi3", "llama"):
        found = dense(kind, Shapes(3, 64, 4, 2, 16, 64, 100, 8192, 2047))
        assert {layer.window_tokens for layer in layers_of(found)} == {None}


def test_recurrent_layers_keep_a_state_and_no_tokens() -> None:
    layers = layers_of(QWEN35_4B)
    attending = [n for n, layer in enumerate(layers) if layer.key_values]
    assert attending == list(range(3, 32, 4))
    assert layers[3] == Layer(4 * 256, 4 * 256)
    assert layers[0] == Layer(state_values=128 * 4096 + 3 * (4096 + 2 * 16 * 128))


def test_convolutions_keep_their_taps_and_the_shapes_say_which_layers_attend() -> None:
    layers = layers_of(LFM2_1B)
    assert [n for n, layer in enumerate(layers) if layer.key_values] == [2, 5, 8, 10, 12, 14]
    assert layers[0] == Layer(state_values=2 * 2048)


def test_a_latent_key_is_kept_once_for_all_heads_and_its_value_is_in_it() -> None:
    assert layers_of(DEEPSEEK_LITE) == (Layer(576, 0),) * 27


def test_a_file_from_before_that_keeps_keys_and_values_of_each_head() -> None:
    numbers = {**DEEPSEEK_LITE.numbers, "attention.key_length": 192, "attention.value_length": 128}
    numbers["attention.head_count_kv"] = 16
    del numbers["attention.key_length_mla"], numbers["attention.value_length_mla"]
    old = Anatomy("deepseek2", numbers, DEEPSEEK_LITE.parts)
    assert layers_of(old)[0] == Layer(16 * 192, 16 * 128)


def test_small_heads_of_windows_and_layers_that_share_keys() -> None:
    kept = Counter(layers_of(GEMMA4_E4B))
    assert kept[Layer(2 * 256, 2 * 256, window_tokens=512)] == 20
    assert kept[Layer(2 * 512, 2 * 512)] == 4
    assert sum(count for layer, count in kept.items() if not layer.key_values) == 18


def test_an_encoder_keeps_nothing() -> None:
    assert layers_of(MINILM) == (Layer(),) * 6


def test_a_kind_without_attention_keeps_states_alone() -> None:
    ssm = {"inner_size": 128, "state_size": 16, "conv_kernel": 4}
    numbers = {"block_count": 2, **{f"ssm.{name}": value for name, value in ssm.items()}}
    found = layout_of(ModelFacts("mamba", numbers))
    assert found.layers == (Layer(state_values=16 * 128 + 3 * 128),) * 2


def test_a_kind_that_is_not_known_is_reckoned_in_full_and_that_is_said() -> None:
    found = layout_of(ModelFacts("brandnew", NUMBERS))
    assert found.layers == (Layer(64, 64),) * 4
    assert "brandnew are not known here" in found.notes[0]


def test_where_it_is_not_known_which_layers_have_the_window_each_may_have_it() -> None:
    found = layout_of(ModelFacts("brandnew", {**NUMBERS, "attention.sliding_window": 256}))
    assert found.layers is not None
    assert all(layer.may_have_window and layer.window_tokens is None for layer in found.layers)
    assert "which layers keep a window of 256 tokens" in found.notes[1]


@pytest.mark.parametrize(
    ("numbers", "lists", "why"),
    [
        ({}, (), "how many layers"),
        ({"block_count": 10**6}, (), "how many layers"),
        ({"block_count": 4}, (), "no heads"),
        (NUMBERS, ("attention.head_count_kv",), "no heads"),
    ],
)
def test_what_is_not_told_cannot_be_told(
    numbers: dict[str, int], lists: tuple[str, ...], why: str
) -> None:
    found = layout_of(ModelFacts("llama", numbers, frozenset(lists)))
    assert found.layers is None and why in found.notes[0]
