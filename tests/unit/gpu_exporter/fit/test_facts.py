"""What /api/show says of a model, as recorded of a real Ollama and as nobody should write it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.fit.facts import ModelFacts, Tensor, read_facts
from ollama_observe.wire.labels import as_label
from tests.anatomies import LLAMA32_3B
from tests.anatomies_mixed import LFM2_1B, MINILM
from tests.fakes import captures


def test_a_model_that_a_real_ollama_showed_is_read() -> None:
    found = read_facts(captures.load("show").body)
    assert found is not None
    assert (found.architecture, found.format) == ("llama", "gguf")
    assert found.number("block_count") == 30
    assert found.number("attention.head_count_kv") == 3
    assert found.context_limit == 8192
    assert found.capabilities == {"completion"} and not found.is_for_embeddings
    assert found.parameters["stop"] == '"<|im_start|>"'
    assert len(found.tensors) == 272
    assert found.tensors[1] == Tensor("token_embd.weight", "Q8_0", (576, 49152))
    assert not found.is_remote and not found.has_projector


def test_a_list_is_not_told_and_that_is_known() -> None:
    found = LFM2_1B.facts()
    assert "attention.head_count_kv" in found.lists
    assert found.number("attention.head_count_kv") is None


def test_the_first_of_several_numbers_counts_and_none_is_none() -> None:
    found = LLAMA32_3B.facts()
    assert found.number("nothing", "attention.head_count") == 24
    assert found.number("nothing") is None


def test_a_model_for_embeddings_is_known_by_its_pooling_or_by_what_it_can() -> None:
    assert MINILM.facts().is_for_embeddings
    assert LLAMA32_3B.facts(capabilities=["embedding"]).is_for_embeddings
    assert not LLAMA32_3B.facts(capabilities=[]).is_for_embeddings


def test_parameters_of_the_modelfile_are_read_by_name() -> None:
    parameters = 'num_ctx                        8192\nstop    "a b"\nstop    "c"\n'
    found = LLAMA32_3B.facts(parameters=parameters)
    assert found.parameters == {"num_ctx": "8192", "stop": '"a b"'}


def test_what_another_host_computes_says_so() -> None:
    assert LLAMA32_3B.facts(remote_host="https://ollama.com:443").is_remote
    assert LLAMA32_3B.facts(projector_info={"clip.has_vision_encoder": True}).has_projector


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"error":"x"', b"\xff"])
def test_a_body_that_shows_nothing_is_none(body: bytes) -> None:
    assert read_facts(body) is None


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"model_info": [], "tensors": {}, "details": 3, "capabilities": "x", "parameters": 1},
        {"model_info": {"general.architecture": 7, "7.block_count": 3}},
        {"tensors": [None, {}, {"name": "a", "type": "F32"}, {"name": "a", "shape": [1]}]},
        {"tensors": [{"name": "a", "type": "F32", "shape": [1, "b"]}]},
        {"tensors": [{"name": "a", "type": "F32", "shape": [-1]}]},
        {"tensors": [{"name": "a", "type": "F32", "shape": [10**30]}]},
        {"tensors": [{"name": "blk.0.attn_k.weight", "type": "F32", "shape": []}]},
        {"tensors": [{"name": "a", "type": "F32", "shape": [1] * 9}]},
    ],
)
def test_what_is_of_another_type_is_left_out(shown: dict[str, object]) -> None:
    assert read_facts(json.dumps(shown).encode()) == ModelFacts("")


def test_words_that_stand_in_sentences_are_short_and_printable() -> None:
    name = "\x1b[2J" + "x" * 5000
    info = {"general.architecture": name, f"{name}.block_count": 3}
    shown = {"model_info": info, "details": {"format": name}}
    found = read_facts(json.dumps(shown).encode())
    assert found is not None and found.numbers == {"block_count": 3}
    assert found.architecture == found.format == as_label(name)


def test_a_number_that_is_none_is_left_out() -> None:
    info = {"a.b": -1, "a.c": 1.5, "a.d": "x", "a.e": 2**60, "a.f": 4.0, "a.g": True}
    shown = {"model_info": {"general.architecture": "a", **info, "other.b": 3}}
    found = read_facts(json.dumps(shown).encode())
    assert found is not None and found.numbers == {"f": 4, "g": 1}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("model_info", "details", "tensors", "capabilities", "parameters", "projector_info")


@given(st.dictionaries(st.sampled_from(KEYS), json_values))
def test_no_answer_makes_it_fail(shown: dict[str, object]) -> None:
    assert read_facts(json.dumps(shown).encode()) is not None
