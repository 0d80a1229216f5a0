"""What runners' command lines say, and what of them is never kept."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.ollama.command_lines import (
    CACHE_TYPES,
    READERS,
    CommandLine,
    Item,
    Kind,
    Value,
    read,
)
from tests.ollamas import BLOB
from tests.proctrees import FILE, HTTP_RUNNER, LLAMA_SERVER, OLD_RUNNER


def server(*words: str) -> dict[Item, Value]:
    """What is read of a llama-server with these words."""
    return dict(read(("/usr/lib/ollama/llama-server", "--model", FILE, *words)).values)


def test_llama_server_as_ollama_starts_it() -> None:
    assert read(LLAMA_SERVER) == CommandLine(
        Kind.LLAMA_SERVER,
        {
            Item.CONTEXT_TOTAL: 32768,
            Item.PARALLEL: 4,
            Item.CACHE_KEYS: "q8_0",
            Item.CACHE_VALUES: "q8_0",
            Item.FLASH_ATTENTION: "on",
            Item.BATCH: 512,
            Item.MICRO_BATCH: 512,
            Item.GPU_LAYERS: 33,
            Item.THREADS: 8,
        },
    )


def test_ollama_s_own_runner_where_it_is_told_by_its_words() -> None:
    assert read(OLD_RUNNER) == CommandLine(
        Kind.OLLAMA,
        {
            Item.CONTEXT_TOTAL: 8192,
            Item.BATCH: 512,
            Item.GPU_LAYERS: 41,
            Item.THREADS: 8,
            Item.FLASH_ATTENTION: "on",
            Item.CACHE_KEYS: "q8_0",
            Item.CACHE_VALUES: "q8_0",
            Item.PARALLEL: 2,
        },
    )


def test_one_from_before_that_is_a_program_of_its_own() -> None:
    words = "/tmp/runners/cuda_v12/ollama_llama_server runner --model x --ctx-size 8192 "
    line = read((words + "--batch-size 512 --n-gpu-layers 41 --threads 8 --parallel 4").split())
    assert line.kind is Kind.OLLAMA
    assert (line.values[Item.CONTEXT_TOTAL], line.values[Item.PARALLEL]) == (8192, 4)


def test_one_that_is_told_over_http_says_nothing() -> None:
    assert read(HTTP_RUNNER) == CommandLine(Kind.OLLAMA)


def test_mlx_says_its_context_where_it_was_asked_for() -> None:
    words = ("/bin/ollama", "runner", "--mlx-engine", "--model", "qwen3.5:27b", "--port", "1")
    assert read(words) == CommandLine(Kind.MLX)
    assert read((*words, "--ctx-size", "65536")).values == {Item.CONTEXT_TOTAL: 65536}


def test_the_embedded_engine_says_the_context_of_one_request() -> None:
    words = "python3 -m engine.runner --model m.gguf --socket /tmp/s --context-tokens 4096 "
    words += "--parallel 2 --threads 3 --batch-tokens 128 --gpu-layers -1 --last-pooling"
    assert read(words.split()) == CommandLine(
        Kind.ENGINE,
        {
            Item.CONTEXT: 4096,
            Item.PARALLEL: 2,
            Item.THREADS: 3,
            Item.BATCH: 128,
            Item.MICRO_BATCH: 128,
            Item.GPU_LAYERS: "auto",
        },
    )


def test_a_process_that_is_for_embeddings_alone_says_so() -> None:
    assert read((*LLAMA_SERVER, "--embedding")).is_embedding
    assert read(("python3", "-m", "engine.e5.runner", "--model", "m")).is_embedding
    assert not read(LLAMA_SERVER).is_embedding


def test_slots_that_share_one_context_say_so() -> None:
    assert read((*LLAMA_SERVER, "-kvu")).is_shared
    assert read((*LLAMA_SERVER, "--kv-unified")).is_shared
    assert not read((*LLAMA_SERVER, "--no-kv-unified")).is_shared


LONG = (
    *("--ctx-size", "1", "--parallel", "2", "--batch-size", "3", "--ubatch-size", "4"),
    *("--threads", "5", "--gpu-layers", "6", "--flash-attn", "off"),
    *("--cache-type-k", "f16", "--cache-type-v", "q4_0"),
)
SHORT = (
    *("-c", "1", "-np", "2", "-b", "3", "-ub", "4", "-t", "5", "-ngl", "6", "-fa", "off"),
    *("-ctk", "f16", "-ctv", "q4_0"),
)


@pytest.mark.parametrize(
    "words",
    [
        LONG,
        SHORT,
        [f"{flag}={value}" for flag, value in zip(LONG[::2], LONG[1::2], strict=True)],
        [word.replace("--", "-") for word in LONG],  # Go's programs take one dash as two
        [word.replace("-", "_").replace("__", "--", 1) for word in LONG],  # llama.cpp takes these
    ],
)
def test_each_flag_has_all_its_spellings(words: Sequence[str]) -> None:
    assert list(server(*words).values()) == [1, 2, 3, 4, 5, 6, "off", "f16", "q4_0"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("33", 33),
        ("0", 0),
        ("auto", "auto"),
        ("-1", "auto"),
        ("all", "all"),
        ("-2", "all"),
        ("999", "all"),
        ("many", None),
        ("", None),
    ],
)
def test_layers_are_a_number_or_one_of_two_words(given: str, found: Value | None) -> None:
    assert server("-ngl", given).get(Item.GPU_LAYERS) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("-fa", "on"), "on"),
        (("-fa", "1"), "on"),
        (("-fa", "enabled"), "on"),
        (("-fa", "off"), "off"),
        (("-fa", "0"), "off"),
        (("-fa", "auto"), "auto"),
        (("-fa", "-1"), "auto"),
        (("--flash-attn=false",), "off"),
        (("-fa", "--no-mmap"), "on"),
        (("-fa",), "on"),
        (("-fa", "yes"), None),
        ((), None),
    ],
)
def test_flash_attention_is_told_with_and_without_a_value(
    words: Sequence[str], found: str | None
) -> None:
    assert server(*words).get(Item.FLASH_ATTENTION) == found


@pytest.mark.parametrize(
    "given", ["0", "-1", "", "1e3", "0x10", "9" * 10, "9" * 40, "٣", "four", " 4", "4.0"]
)
def test_a_number_that_counts_nothing_is_left_out(given: str) -> None:
    for flag in ("-c", "-np", "-b", "-ub", "-t"):
        assert server(flag, given) == {}


def test_of_a_flag_that_is_given_twice_the_last_one_counts() -> None:
    assert server("-c", "1024", "--ctx-size", "2048") == {Item.CONTEXT_TOTAL: 2048}
    assert server("-c", "1024", "--ctx-size", "0") == {}


def test_what_is_said_and_not_understood_is_told_apart_from_what_is_not_said() -> None:
    assert read((*LLAMA_SERVER, "-ctv", "q9_9", "-np", "-1")).unclear == {
        Item.CACHE_VALUES,
        Item.PARALLEL,
    }
    assert not read((*LLAMA_SERVER, "-ctv", "q9_9", "-ctv", "f16")).unclear


def test_a_flag_without_its_value_says_nothing() -> None:
    assert server("--no-mmap", "-np", "-c") == {}
    assert read(()).values == {}


def test_a_type_that_llama_cpp_does_not_know_is_left_out() -> None:
    assert server("-ctk", "Q8_0", "-ctv", "q9_9") == {Item.CACHE_KEYS: "q8_0"}


SECRET = "sk-3f9a7c1e"


@pytest.mark.parametrize(
    "words",
    [
        ("--api-key", SECRET),
        (f"--api-key={SECRET}",),
        ("--api-key-file", f"/run/{SECRET}"),
        ("--hf-token", SECRET),
        ("-c", SECRET),
        (f"-ctk={SECRET}",),
        ("-ngl", SECRET),
        ("-fa", SECRET),
        ("--model", f"https://user:{SECRET}@host/{BLOB}"),
        (f"--{SECRET}", "8"),
        (SECRET,),
    ],
)
def test_no_other_word_goes_further(words: Sequence[str]) -> None:
    assert SECRET not in repr(read((*LLAMA_SERVER, *words)))


@given(st.lists(st.text(max_size=12) | st.sampled_from([*LONG[::2], *SHORT[::2]]), max_size=12))
def test_whatever_the_words_are_only_closed_forms_come_out(words: list[str]) -> None:
    line = read(["llama-server", *words])
    assert set(line.values) <= set(READERS)
    closed = {"on", "off", "auto", "all", *CACHE_TYPES}
    for value in line.values.values():
        assert value in closed if isinstance(value, str) else 0 <= value < 2**31
