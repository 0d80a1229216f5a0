"""What is in force, and who says so."""

from collections.abc import Sequence

import pytest

from gpu_exporter.ollama.command_lines import Item, Value, Values, read
from gpu_exporter.ollama.effective import Effective, Known, Origin, effective
from tests.proctrees import HTTP_RUNNER, LLAMA_SERVER, OLD_RUNNER

SHORT = ("/usr/lib/ollama/llama-server", "--model", "x", "-c", "8192", "-np", "2")
MLX = ("/bin/ollama", "runner", "--mlx-engine", "--model", "m")
ENGINE = "python3 -m engine.runner --model m --context-tokens 4096 --parallel 2 --batch-tokens 128"


def of(
    words: Sequence[str], environment: Values | None = None, context: int | None = None
) -> Effective:
    return effective(read(words), environment, context)


def values(found: Effective) -> dict[Item, Value]:
    return {item: known.value for item, known in found.known.items()}


def test_a_slot_has_its_part_of_the_context() -> None:
    found = of(LLAMA_SERVER)
    assert found.known[Item.CONTEXT] == Known(8192, Origin.COMMAND_LINE)
    assert found.number(Item.CONTEXT_TOTAL) == 32768


def test_a_context_that_slots_share_is_each_one_s() -> None:
    assert of((*SHORT, "-kvu")).number(Item.CONTEXT) == 8192


def test_without_a_number_of_slots_the_context_is_what_ollama_says() -> None:
    words = (*SHORT[:-1], "-1")
    assert of(words).number(Item.CONTEXT) is None
    assert of(words, context=4096).known[Item.CONTEXT] == Known(4096, Origin.API)


def test_the_command_line_comes_before_what_ollama_says() -> None:
    assert of(SHORT, context=512).number(Item.CONTEXT) == 4096


def test_llama_server_s_environment_comes_after_its_words_and_before_its_defaults() -> None:
    found = of(SHORT, {Item.CACHE_KEYS: "q4_0", Item.PARALLEL: 9, Item.THREADS: 4})
    assert found.known[Item.CACHE_KEYS] == Known("q4_0", Origin.ENVIRONMENT)
    assert found.known[Item.CACHE_VALUES] == Known("f16", Origin.DEFAULT)
    assert found.known[Item.PARALLEL] == Known(2, Origin.COMMAND_LINE)
    assert found.known[Item.THREADS] == Known(4, Origin.ENVIRONMENT)
    assert found.cache_type == "q4_0/f16"


def test_what_was_told_and_is_not_understood_is_not_the_default() -> None:
    found = of((*SHORT, "-ctk", "tq3_0", "-ngl", "many", "-t", "x"), {Item.THREADS: 4})
    assert not {Item.CACHE_KEYS, Item.GPU_LAYERS, Item.THREADS} & set(found.known)
    assert found.cache_type is None and found.word(Item.CACHE_VALUES) == "f16"
    engine = of((*ENGINE.split(), "--flash-attn", "yes", "--kv-cache-type", "tq3_0"))
    assert (engine.word(Item.FLASH_ATTENTION), engine.cache_type) == (None, None)
    assert of((*SHORT, "-ctk", "tq3_0", "-ctk", "q8_0")).word(Item.CACHE_KEYS) == "q8_0"


def test_what_llama_server_decides_for_itself_is_not_guessed() -> None:
    found = of(SHORT)
    assert found.word(Item.GPU_LAYERS) == "auto"
    assert found.number(Item.GPU_LAYERS) is None
    assert not {Item.THREADS, Item.FLASH_ATTENTION, Item.BATCH} & set(found.known)


def test_other_runners_take_nothing_from_llama_server_s_variables() -> None:
    assert of(HTTP_RUNNER, {Item.CACHE_KEYS: "q4_0"}).known == {}


def test_a_flag_that_ollama_s_runner_did_not_get_is_off() -> None:
    words = ("ollama", "runner", "--model", "x", "--ctx-size", "8192", "--parallel", "2")
    assert values(of(words)) == {
        Item.CONTEXT_TOTAL: 8192,
        Item.PARALLEL: 2,
        Item.CONTEXT: 4096,
        Item.CACHE_KEYS: "f16",
        Item.CACHE_VALUES: "f16",
        Item.FLASH_ATTENTION: "off",
        Item.GPU_LAYERS: 0,
    }
    assert of(OLD_RUNNER).cache_type == "q8_0"


def test_of_one_that_is_told_over_http_only_ollama_s_word_is_known() -> None:
    assert of(HTTP_RUNNER).known == {}
    assert of(HTTP_RUNNER, context=4096).known == {Item.CONTEXT: Known(4096, Origin.API)}


def test_mlx_divides_nothing() -> None:
    assert values(of((*MLX, "--ctx-size", "65536"))) == {
        Item.CONTEXT_TOTAL: 65536,
        Item.CONTEXT: 65536,
    }
    assert values(of(MLX, context=32768)) == {Item.CONTEXT: 32768}


def test_the_engine_gives_each_slot_what_it_was_told() -> None:
    found = of(ENGINE.split())
    assert (found.number(Item.CONTEXT), found.number(Item.CONTEXT_TOTAL)) == (4096, 8192)
    assert (found.word(Item.FLASH_ATTENTION), found.cache_type) == ("auto", "f16")


def test_the_engine_s_embedding_model_has_no_cache() -> None:
    found = of(ENGINE.replace("engine.runner", "engine.e5.runner").split())
    assert found.is_embedding
    assert (found.word(Item.FLASH_ATTENTION), found.cache_type) == (None, None)


@pytest.mark.parametrize("item", Item)
def test_what_is_not_known_is_none(item: Item) -> None:
    found = of(HTTP_RUNNER)
    assert (found.number(item), found.word(item)) == (None, None)
