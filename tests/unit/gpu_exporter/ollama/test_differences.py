"""What is set and what is in force, compared where that can be done truthfully."""

from collections.abc import Mapping, Sequence

import pytest

from gpu_exporter.ollama.command_lines import read
from gpu_exporter.ollama.differences import Comparison, compare
from gpu_exporter.ollama.effective import effective
from gpu_exporter.ollama.environment import of_engine, of_ollama
from tests.proctrees import HTTP_RUNNER, LLAMA_SERVER, OLD_RUNNER

OFF = (*OLD_RUNNER[:5], "--ctx-size", "8192", "--parallel", "2")
"""An older runner without flash attention."""
ENGINE = (
    *("python3", "-m", "engine.runner", "--model", "m", "--context-tokens", "512"),
    *("--parallel", "1", "--threads", "2"),
)


def compared(
    words: Sequence[str], settings: Mapping[str, str], trained: int | None = None
) -> dict[str, Comparison]:
    block = "".join(f"{name}={value}\0" for name, value in settings.items()).encode()
    told = {**of_ollama(block), **of_engine(block, ())}
    found = compare(told, effective(read(words), None, None), trained)
    assert len({one.setting for one in found}) == len(found)
    return {one.setting: one for one in found}


def differs(
    words: Sequence[str], name: str, value: str, trained: int | None = None
) -> tuple[str, str, bool] | None:
    """What is set, what is in force, and whether they differ; None: not compared."""
    one = compared(words, {name: value}, trained).get(name)
    return (one.set_to, one.in_force, one.differs) if one else None


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("OLLAMA_NUM_PARALLEL", "4", ("4", "4", False)),
        ("OLLAMA_NUM_PARALLEL", "8", ("8", "4", True)),
        ("OLLAMA_CONTEXT_LENGTH", "8192", ("8192", "8192", False)),
        ("OLLAMA_CONTEXT_LENGTH", "32768", ("32768", "8192", True)),
        ("OLLAMA_FLASH_ATTENTION", "1", ("on", "on", False)),
        ("OLLAMA_FLASH_ATTENTION", "false", ("off", "on", True)),
        ("OLLAMA_KV_CACHE_TYPE", "q8_0", ("q8_0", "q8_0", False)),
        ("OLLAMA_KV_CACHE_TYPE", "Q4_0", ("q4_0", "q8_0", True)),
    ],
)
def test_what_is_set_and_known_is_compared(
    name: str, value: str, found: tuple[str, str, bool]
) -> None:
    assert differs(LLAMA_SERVER, name, value) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OLLAMA_NUM_PARALLEL", "0"),  # Ollama decides
        ("OLLAMA_CONTEXT_LENGTH", "0"),
        ("OLLAMA_NUM_PARALLEL", "four"),  # not understood
        ("OLLAMA_KV_CACHE_TYPE", "q9_9"),
        ("OLLAMA_KEEP_ALIVE", "5m"),  # nothing of a process
        ("OLLAMA_MAX_LOADED_MODELS", "1"),
    ],
)
def test_what_is_left_to_ollama_or_not_understood_is_not_compared(name: str, value: str) -> None:
    assert differs(LLAMA_SERVER, name, value) is None


def test_what_is_not_set_is_not_compared() -> None:
    assert compared(LLAMA_SERVER, {}) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OLLAMA_NUM_PARALLEL", "4"),
        ("OLLAMA_CONTEXT_LENGTH", "8192"),
        ("OLLAMA_FLASH_ATTENTION", "1"),
        ("OLLAMA_KV_CACHE_TYPE", "q8_0"),
    ],
)
def test_what_is_in_force_and_not_seen_is_not_compared(name: str, value: str) -> None:
    assert differs(HTTP_RUNNER, name, value) is None


def test_flash_attention_that_the_process_decides_on_is_not_compared() -> None:
    words = (*LLAMA_SERVER, "--flash-attn", "auto")
    assert differs(words, "OLLAMA_FLASH_ATTENTION", "1") is None


def test_a_model_gets_no_longer_context_than_it_was_made_for_and_that_is_no_difference() -> None:
    name = "OLLAMA_CONTEXT_LENGTH"
    assert differs(LLAMA_SERVER, name, "32768", trained=8192) is None
    assert differs(LLAMA_SERVER, name, "32768", trained=16384) == ("32768", "8192", True)
    assert differs(LLAMA_SERVER, name, "4096", trained=8192) == ("4096", "8192", True)


def test_a_model_for_embeddings_has_one_slot_and_that_is_no_difference() -> None:
    words = ("llama-server", "--embedding", "-c", "512", "-np", "1")
    assert differs(words, "OLLAMA_NUM_PARALLEL", "4") is None
    assert differs(words, "OLLAMA_CONTEXT_LENGTH", "4096") == ("4096", "512", True)


def test_a_cache_that_needs_flash_attention_says_so_where_that_is_off() -> None:
    found = compared(OFF, {"OLLAMA_KV_CACHE_TYPE": "q8_0", "OLLAMA_FLASH_ATTENTION": "1"})
    cache, flash = found["OLLAMA_KV_CACHE_TYPE"], found["OLLAMA_FLASH_ATTENTION"]
    assert (cache.set_to, cache.in_force, cache.differs) == ("q8_0", "f16", True)
    assert (flash.set_to, flash.in_force, flash.differs) == ("on", "off", True)
    assert "flash attention, which is off" in cache.why
    with_flash = compared(LLAMA_SERVER, {"OLLAMA_KV_CACHE_TYPE": "q4_0"})
    assert "flash attention" not in with_flash["OLLAMA_KV_CACHE_TYPE"].why


def test_half_a_cache_of_another_type_differs() -> None:
    words = (*LLAMA_SERVER, "--cache-type-v", "f16")
    assert differs(words, "OLLAMA_KV_CACHE_TYPE", "q8_0") == ("q8_0", "q8_0/f16", True)


def test_the_embedded_engine_is_compared_with_its_own_settings() -> None:
    settings = {
        "ENGINE_NUM_PARALLEL": "2",
        "ENGINE_CONTEXT_LENGTH": "512",
        "ENGINE_THREADS": "2",
    }
    found = compared(ENGINE, settings)
    assert {name: one.differs for name, one in found.items()} == {
        "ENGINE_NUM_PARALLEL": True,
        "ENGINE_CONTEXT_LENGTH": False,
        "ENGINE_THREADS": False,
    }
    assert differs(ENGINE, "ENGINE_THREADS", "0") is None
