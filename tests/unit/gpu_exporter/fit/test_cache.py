"""Bytes that layers keep: what llama.cpp says of real models, and what holds for all."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.fit.cache import (
    BYTES_PER_VALUE,
    CacheTypes,
    Kept,
    Slots,
    kept,
    window_cells,
)
from gpu_exporter.fit.layers import Layer

MIB = 2**20
ALIKE = (Layer(1024, 1024),) * 28
WINDOWED = (*((Layer(1024, 1024, window_tokens=1024),) * 29), *((Layer(1024, 1024),) * 5))

layers = st.builds(
    Layer,
    st.integers(0, 4096),
    st.integers(0, 4096),
    st.integers(0, 10**6),
    st.none() | st.integers(1, 10**5),
    st.booleans(),
)
slots = st.builds(Slots, st.integers(1, 10**6), st.integers(1, 64), st.sampled_from([128, 512]))
types = st.builds(CacheTypes, *(st.sampled_from(sorted(BYTES_PER_VALUE)),) * 2)


@pytest.mark.parametrize(
    ("tokens", "parallel", "kind", "size"),
    [
        (2048, 1, "f16", 224.00),
        (8192, 1, "f16", 896.00),
        (8192, 4, "f16", 3584.00),
        (8192, 1, "q8_0", 476.00),
        (8192, 1, "q4_0", 252.00),
        (1000, 1, "f16", 112.00),
    ],
)
def test_the_cache_of_llama_3_2_3b_is_as_llama_cpp_says(
    tokens: int, parallel: int, kind: str, size: float
) -> None:
    found = kept(ALIKE, Slots(tokens, parallel), CacheTypes(kind, kind))
    assert found == Kept(round(size * MIB), 0)


@pytest.mark.parametrize(
    ("tokens", "batch", "size"),
    [(4096, 512, 254.0), (16384, 512, 494.0), (8192, 128, 305.0), (8192, 2048, 508.0)],
)
def test_the_cache_of_gemma_3_4b_has_windows(tokens: int, batch: int, size: float) -> None:
    found = kept(WINDOWED, Slots(tokens, batch_tokens=batch), CacheTypes())
    assert found.cache == round(size * MIB)


def test_a_window_is_a_batch_longer_in_whole_steps_and_never_more_than_all() -> None:
    assert window_cells(128, Slots(4096)) == 768
    assert window_cells(4096, Slots(4096)) == 4096
    assert window_cells(1024, Slots(1000)) == 1024


def test_states_are_of_a_request_and_do_not_grow_with_the_context() -> None:
    recurrent = (Layer(state_values=548864),) * 24
    for tokens in (256, 10**6):
        assert kept(recurrent, Slots(tokens), CacheTypes()).states == round(50.25 * MIB)
    assert kept(recurrent, Slots(256, 2), CacheTypes()).states == round(100.5 * MIB)


def test_keys_and_values_may_be_of_two_types() -> None:
    one = (Layer(32, 32),)
    found = kept(one, Slots(256), CacheTypes("q8_0", "f16"))
    assert found.cache == 256 * (34 + 64)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("f16", CacheTypes("f16", "f16")),
        ("q8_0/f16", CacheTypes("q8_0", "f16")),
        ("q9", None),
        ("", None),
        ("f16/", CacheTypes("f16", "f16")),
        ("f16/x", None),
    ],
)
def test_types_are_written_as_one_or_as_two(text: str, found: CacheTypes | None) -> None:
    assert CacheTypes.of(text) == found


def test_types_are_shown_as_they_are_written() -> None:
    assert [str(CacheTypes.of(text)) for text in ("q8_0", "q8_0/f16")] == ["q8_0", "q8_0/f16"]


@given(st.lists(layers, max_size=6), slots, types, st.integers(0, 10**5), st.integers(0, 8))
def test_more_context_or_more_requests_never_need_less(
    these: list[Layer], slots: Slots, types: CacheTypes, tokens: int, requests: int
) -> None:
    before = kept(these, slots, types)
    longer = replace(slots, context_tokens=slots.context_tokens + tokens)
    wider = replace(slots, parallel=slots.parallel + requests)
    for more in (longer, wider):
        found = kept(these, more, types)
        assert found.cache >= before.cache >= 0
        assert found.states >= before.states >= 0


@given(st.lists(layers, max_size=6), slots, types, st.integers(1, 10**5))
def test_what_may_have_a_window_needs_no_more_with_it(
    these: list[Layer], slots: Slots, types: CacheTypes, window: int
) -> None:
    assert kept(these, slots, types, window).cache <= kept(these, slots, types).cache
