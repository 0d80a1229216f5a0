"""How a model would run: as asked, as Ollama is set to, or as it does by itself."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gpu_exporter.fit.cache import CacheTypes, Slots
from gpu_exporter.fit.manner import as_loaded, choose, number_set, setting
from gpu_exporter.fit.need import Manner
from gpu_exporter.fit.question import MOST_CONTEXT_TOKENS, Asked
from gpu_exporter.ollama.command_lines import Item, Kind
from gpu_exporter.ollama.configuration import Configuration, ModelConfiguration
from gpu_exporter.ollama.effective import Effective, Known, Origin
from gpu_exporter.ollama.environment import Setting
from tests.anatomies import LLAMA32_3B
from tests.anatomies_mixed import LFM2_1B, MINILM

GIB = 2**30
FACTS = LLAMA32_3B.facts()


def set_to(**settings: str | None) -> Configuration:
    return Configuration(settings={name: Setting(name, text) for name, text in settings.items()})


def running(model: str, known: Mapping[Item, int | str]) -> Configuration:
    told = {item: Known(value, Origin.COMMAND_LINE) for item, value in known.items()}
    return Configuration([ModelConfiguration(model, Effective(Kind.LLAMA_SERVER, told), [])])


@pytest.mark.parametrize(
    ("vram", "tokens"), [(0, 4096), (16 * GIB, 4096), (24 * GIB, 32768), (48 * GIB, 131072)]
)
def test_by_itself_ollama_takes_a_context_by_the_memory_of_its_cards(
    vram: float, tokens: int
) -> None:
    chosen = choose(Asked("x"), FACTS, None, vram)
    assert chosen.manner.slots.context_tokens == tokens
    assert "Ollama's default with" in chosen.context_from


def test_the_context_is_what_was_asked_for_else_the_model_s_else_the_server_s() -> None:
    found = set_to(OLLAMA_CONTEXT_LENGTH="16384")
    of_model = LLAMA32_3B.facts(parameters="num_ctx 2048")
    asked = choose(Asked("x", 8192), of_model, found, 0)
    assert (asked.manner.slots.context_tokens, asked.context_from) == (8192, "asked for")
    chosen = choose(Asked("x"), of_model, found, 0)
    assert (chosen.manner.slots.context_tokens, chosen.context_from) == (
        2048,
        "num_ctx of the model",
    )
    chosen = choose(Asked("x"), FACTS, found, 0)
    assert (chosen.manner.slots.context_tokens, chosen.context_from) == (
        16384,
        "OLLAMA_CONTEXT_LENGTH",
    )


@pytest.mark.parametrize(
    ("told", "tokens"),
    [
        ("2048", 2048),
        ("0", 4096),
        ("many", 4096),
        ("²", 4096),
        ("9" * 5000, 4096),
        ("9" * 12, None),
    ],
)
def test_a_context_of_the_model_that_none_can_have_does_not_make_it_fail(
    told: str, tokens: int | None
) -> None:
    facts = replace(FACTS, parameters={"num_ctx": told}, numbers={})
    slots = choose(Asked("x"), facts, None, 0).manner.slots
    assert slots.context_tokens == (tokens or MOST_CONTEXT_TOKENS)


def test_a_context_longer_than_the_model_s_is_cut_and_that_is_said() -> None:
    chosen = choose(Asked("x", 10**6), FACTS, None, 0)
    assert chosen.manner.slots.context_tokens == 131072
    assert "made for 131072 tokens: Ollama cuts a context of 1000000" in chosen.notes[0]


def test_requests_at_a_time_are_asked_for_or_set_or_one() -> None:
    found = set_to(OLLAMA_NUM_PARALLEL="4")
    assert choose(Asked("x", parallel=2), FACTS, found, 0).manner.slots.parallel == 2
    assert choose(Asked("x"), FACTS, found, 0).manner.slots.parallel == 4
    assert choose(Asked("x"), FACTS, None, 0).manner.slots.parallel == 1


@pytest.mark.parametrize("anatomy", [LFM2_1B, MINILM])
def test_some_models_run_one_request_at_a_time_whatever_is_set(anatomy: object) -> None:
    chosen = choose(Asked("x", parallel=4), anatomy.facts(), None, 0)  # type: ignore[attr-defined]
    assert chosen.manner.slots.parallel == 1
    assert "one request at a time, whatever is set" in chosen.notes[-1]


def test_the_engine_has_settings_and_a_batch_of_its_own() -> None:
    found = set_to(ENGINE_CONTEXT_LENGTH="2048", ENGINE_NUM_PARALLEL="3")
    chosen = choose(Asked("x"), LFM2_1B.facts(), found, 0, is_engine=True)
    assert chosen.manner.slots == Slots(2048, 3, 128)
    assert chosen.manner.is_engine
    plain = choose(Asked("x"), FACTS, None, 0, is_engine=True)
    assert plain.manner.slots.context_tokens == 4096
    assert plain.context_from == "the embedded engine's default"


def test_the_cache_s_type_is_asked_for_or_set_or_f16() -> None:
    found = set_to(OLLAMA_KV_CACHE_TYPE="q8_0")
    q4 = CacheTypes("q4_0", "q4_0")
    assert choose(Asked("x", types=q4), FACTS, found, 0).manner.types == q4
    assert str(choose(Asked("x"), FACTS, found, 0).manner.types) == "q8_0"
    assert str(choose(Asked("x"), FACTS, None, 0).manner.types) == "f16"


def test_without_flash_attention_the_cache_stays_f16_and_that_is_said() -> None:
    found = set_to(OLLAMA_KV_CACHE_TYPE="q8_0", OLLAMA_FLASH_ATTENTION="false")
    chosen = choose(Asked("x"), FACTS, found, 0)
    assert not chosen.manner.has_flash and str(chosen.manner.types) == "f16"
    assert "Ollama keeps f16" in chosen.notes[0]
    assert choose(Asked("x", has_flash=True), FACTS, found, 0).manner.has_flash


def test_what_is_not_understood_or_not_known_is_not_set() -> None:
    found = set_to(OLLAMA_NUM_PARALLEL=None, OLLAMA_GPU_OVERHEAD="7")
    assert (setting(found, "OLLAMA_NUM_PARALLEL"), number_set(found, "OLLAMA_GPU_OVERHEAD")) == (
        "",
        7,
    )
    assert (setting(None, "X"), number_set(None, "X"), number_set(Configuration(), "X")) == (
        "",
        0,
        0,
    )


def test_a_loaded_model_runs_as_its_process_says() -> None:
    known: dict[Item, int | str] = {
        Item.PARALLEL: 4,
        Item.MICRO_BATCH: 1024,
        Item.CACHE_KEYS: "q8_0",
        Item.CACHE_VALUES: "q8_0",
        Item.FLASH_ATTENTION: "off",
    }
    found = as_loaded("a", 8192, Manner(Slots(4096)), FACTS, running("a+b", known))
    assert found == Manner(Slots(8192, 4, 1024), CacheTypes("q8_0", "q8_0"), False)


def test_where_its_process_is_not_seen_it_is_taken_to_run_as_it_would_now() -> None:
    now = Manner(Slots(4096, 2), CacheTypes("q4_0", "q4_0"))
    found = as_loaded("a", 16384, now, FACTS, running("other", {Item.PARALLEL: 9}))
    assert found == Manner(Slots(16384, 2, 1024), CacheTypes("q4_0", "q4_0"))
