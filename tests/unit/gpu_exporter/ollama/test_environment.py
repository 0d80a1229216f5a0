"""What environments say of how models run, and what of them is never kept."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.ollama.command_lines import Item
from gpu_exporter.ollama.environment import (
    NAMES,
    NOT_UNDERSTOOD,
    Settings,
    of_engine,
    of_ollama,
    of_runner,
)

ENGINE = ("python3", "-m", "engine")


def block(variables: Mapping[str, str]) -> bytes:
    return "".join(f"{name}={value}\0" for name, value in variables.items()).encode()


def shown(settings: Settings) -> dict[str, str]:
    return {name: setting.shown for name, setting in settings.items()}


def ollama(**variables: str) -> dict[str, str]:
    return shown(of_ollama(block(variables)))


def test_what_ollama_was_set_to_is_told() -> None:
    told = {
        "OLLAMA_CONTEXT_LENGTH": "8192",
        "OLLAMA_FLASH_ATTENTION": "1",
        "OLLAMA_GPU_OVERHEAD": "536870912",
        "OLLAMA_KEEP_ALIVE": "1h30m",
        "OLLAMA_KV_CACHE_TYPE": "Q8_0",
        "OLLAMA_LOAD_TIMEOUT": "300",
        "OLLAMA_MAX_LOADED_MODELS": "3",
        "OLLAMA_MAX_QUEUE": "512",
        "OLLAMA_MULTIUSER_CACHE": "false",
        "OLLAMA_NEW_ENGINE": "T",
        "OLLAMA_NO_CLOUD": "TRUE",
        "OLLAMA_NUM_PARALLEL": "04",
        "OLLAMA_SCHED_SPREAD": "0",
        "OLLAMA_VULKAN": "true",
    }
    assert ollama(**told) == told | {
        "OLLAMA_FLASH_ATTENTION": "true",
        "OLLAMA_KV_CACHE_TYPE": "q8_0",
        "OLLAMA_NEW_ENGINE": "true",
        "OLLAMA_NO_CLOUD": "true",
        "OLLAMA_NUM_PARALLEL": "4",
        "OLLAMA_SCHED_SPREAD": "false",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OLLAMA_NUM_PARALLEL", "four"),
        ("OLLAMA_NUM_PARALLEL", "-1"),
        ("OLLAMA_NUM_PARALLEL", "4.0"),
        ("OLLAMA_CONTEXT_LENGTH", "9" * 16),
        ("OLLAMA_FLASH_ATTENTION", "yes"),
        ("OLLAMA_KV_CACHE_TYPE", "q9_9"),
        ("OLLAMA_KEEP_ALIVE", "five minutes"),
        ("OLLAMA_KEEP_ALIVE", "5"),
        ("OLLAMA_KEEP_ALIVE", "-1m"),
    ],
)
def test_of_what_is_not_understood_no_more_is_told_than_that(name: str, value: str) -> None:
    is_duration = value in ("5", "-1m")
    assert ollama(**{name: value}) == {name: value if is_duration else NOT_UNDERSTOOD}


def test_white_space_and_quotes_around_a_value_are_not_of_it() -> None:
    assert ollama(OLLAMA_NUM_PARALLEL=' "4" ', OLLAMA_KV_CACHE_TYPE="'f16'") == {
        "OLLAMA_NUM_PARALLEL": "4",
        "OLLAMA_KV_CACHE_TYPE": "f16",
    }


def test_an_empty_value_is_none() -> None:
    assert ollama(OLLAMA_NUM_PARALLEL="", OLLAMA_KEEP_ALIVE="  ") == {}


def test_of_a_name_that_is_there_twice_the_first_counts() -> None:
    twice = b"OLLAMA_NUM_PARALLEL=2\0OLLAMA_NUM_PARALLEL=3\0"
    assert shown(of_ollama(twice)) == {"OLLAMA_NUM_PARALLEL": "2"}


def test_the_engine_has_variables_of_its_own() -> None:
    variables = block({"ENGINE_NUM_PARALLEL": "2", "OLLAMA_NUM_PARALLEL": "4"})
    assert shown(of_engine(variables, ENGINE)) == {"ENGINE_NUM_PARALLEL": "2"}
    assert shown(of_ollama(variables)) == {"OLLAMA_NUM_PARALLEL": "4"}


def test_the_engine_s_flags_come_before_its_variables() -> None:
    variables = block({"ENGINE_NUM_PARALLEL": "2", "ENGINE_THREADS": "8"})
    words = (*ENGINE, "--num-parallel", "3", "--context-length=2048", "--models-dir", "/m")
    assert shown(of_engine(variables, words)) == {
        "ENGINE_NUM_PARALLEL": "3",
        "ENGINE_CONTEXT_LENGTH": "2048",
        "ENGINE_THREADS": "8",
    }


def test_llama_server_takes_some_from_its_environment() -> None:
    variables = {
        "LLAMA_ARG_N_GPU_LAYERS": "20",
        "LLAMA_ARG_CACHE_TYPE_K": "q4_0",
        "LLAMA_ARG_FLASH_ATTN": "1",
        "LLAMA_ARG_THREADS": "-1",
        "LLAMA_ARG_MODEL": "/secret.gguf",
        "LLAMA_API_KEY": "sk-1",
    }
    assert of_runner(block(variables)) == {
        Item.GPU_LAYERS: 20,
        Item.CACHE_KEYS: "q4_0",
        Item.FLASH_ATTENTION: "on",
    }


SECRET = "sk-3f9a7c1e"


@pytest.mark.parametrize(
    "name",
    [
        *NAMES,
        *("OLLAMA_HOST", "OLLAMA_ORIGINS", "OLLAMA_REMOTES", "OLLAMA_API_KEY", "OLLAMA_MODELS"),
        *("HTTPS_PROXY", "NO_PROXY", "AWS_SECRET_ACCESS_KEY", "LLAMA_API_KEY", "HF_TOKEN", SECRET),
        *("LLAMA_ARG_N_GPU_LAYERS", "LLAMA_ARG_CACHE_TYPE_K", "LLAMA_ARG_THREADS", ""),
    ],
)
def test_a_secret_comes_out_of_no_variable(name: str) -> None:
    variables = block({name: SECRET})
    told = (of_ollama(variables), of_engine(variables, ENGINE), of_runner(variables))
    assert SECRET not in repr(told)
    in_words = of_engine(b"", (*ENGINE, f"--{name.lower()}", SECRET, f"--num-parallel={SECRET}"))
    assert SECRET not in repr(in_words)


def test_only_names_that_say_how_models_run_are_looked_at() -> None:
    assert all(name.startswith(("OLLAMA_", "ENGINE_")) for name in NAMES)
    words = {word for name in NAMES for word in name.split("_")}
    assert not words & {"HOST", "ORIGINS", "KEY", "TOKEN", "PROXY", "REMOTES", "MODELS_DIR"}


@given(st.binary(max_size=200), st.sampled_from(NAMES))
def test_whatever_an_environment_holds_it_is_read_and_bounded(noise: bytes, name: str) -> None:
    for variables in (noise, name.encode() + b"=" + noise):
        for settings in (of_ollama(variables), of_engine(variables, ENGINE)):
            assert set(settings) <= set(NAMES)
            assert all(len(setting.shown) <= 140 for setting in settings.values())
        of_runner(variables)
