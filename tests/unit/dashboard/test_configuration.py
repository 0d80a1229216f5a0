"""What models run with, beside what is set: rows for a page, of the exporter's document."""

from typing import Any

import msgspec

from dashboard.configuration import Document, configuration_of
from dashboard.messages import Configuration, Setting

SECRET = "sk-3f9a7c1e5b"


def known(value: int | str, origin: str = "command line") -> dict[str, Any]:
    return {"value": value, "from": origin}


def model(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "model": "qwen3:8b",
        "runner": "llama-server",
        "in_force": {"context_tokens": known(8192), "parallel_slots": known(1)},
        "not_seen": [],
        "not_seen_because": None,
        "compared": [],
    }
    return found | more


def shown(*models: dict[str, Any], **more: Any) -> Configuration:
    document = {"models": models, "settings": None, "notes": []} | more
    return configuration_of(msgspec.convert(document, Document), 1000.0)


def row(found: Configuration, title: str) -> Setting:
    (runner,) = found.runners
    (one,) = (one for one in runner.settings if one.title == title)
    return one


SLOTS = {
    "setting": "OLLAMA_NUM_PARALLEL",
    "set": "4",
    "in_force": "1",
    "differs": True,
    "perhaps_because": "memory is short",
}


def test_what_is_set_stands_beside_what_is_in_force() -> None:
    found = shown(model(compared=[SLOTS]), settings={"OLLAMA_NUM_PARALLEL": "4"})
    assert row(found, "Requests at a time") == Setting(
        title="Requests at a time",
        setting="OLLAMA_NUM_PARALLEL",
        set_to="4",
        in_force="1",
        source="command line",
        differs=True,
        why="memory is short",
    )
    assert (found.at, found.is_readable, found.others) == (1000.0, True, {})


def test_what_was_not_compared_is_neither_the_same_nor_different() -> None:
    found = shown(model(), settings={"OLLAMA_CONTEXT_LENGTH": "0"})
    one = row(found, "Context of a request")
    assert (one.set_to, one.in_force, one.differs) == ("0", "8192", None)
    assert one.why == "0 leaves it to Ollama"
    other = row(shown(model(), settings={"OLLAMA_NUM_PARALLEL": "4"}), "Requests at a time")
    assert (other.differs, other.why) == (None, "the two are not compared")
    same = row(shown(model(), settings={"OLLAMA_NUM_PARALLEL": "1"}), "Requests at a time")
    assert (same.differs, same.why) == (None, "")


def test_what_is_neither_set_nor_seen_has_no_row_and_what_is_one_of_both_has() -> None:
    found = shown(model(), settings={"OLLAMA_FLASH_ATTENTION": "true"})
    assert [one.title for one in found.runners[0].settings] == [
        "Context of a request",
        "Requests at a time",
        "Flash attention",
    ]
    assert row(found, "Flash attention").in_force is None
    assert row(found, "Requests at a time").set_to is None


def test_keys_and_values_of_the_cache_are_one_unless_they_differ() -> None:
    both = {"kv_cache_type_k": known("q8_0"), "kv_cache_type_v": known("q8_0")}
    assert row(shown(model(in_force=both)), "Key-value cache").in_force == "q8_0"
    mixed = both | {"kv_cache_type_v": known("f16")}
    assert row(shown(model(in_force=mixed)), "Key-value cache").in_force == "q8_0/f16"
    keys = {"kv_cache_type_k": known("q8_0")}
    assert shown(model(in_force=keys)).runners[0].settings == []


def test_the_embedded_engine_has_variables_of_its_own() -> None:
    settings = {"ENGINE_THREADS": "2", "OLLAMA_NUM_PARALLEL": "3"}
    found = shown(model(runner="engine", in_force={"threads": known(2)}), settings=settings)
    assert (row(found, "Threads").setting, row(found, "Threads").set_to) == ("ENGINE_THREADS", "2")
    assert found.others == {"OLLAMA_NUM_PARALLEL": "3"}


def test_what_no_model_shows_is_told_beside_them() -> None:
    settings = {"OLLAMA_KEEP_ALIVE": "30m", "OLLAMA_NUM_PARALLEL": "4"}
    assert shown(model(), settings=settings).others == {"OLLAMA_KEEP_ALIVE": "30m"}
    assert shown(settings=settings).others == settings


def test_why_not_all_is_seen_is_told_and_why_nothing_can_be_read() -> None:
    note = "the environment may be read by its own user alone"
    found = shown(model(not_seen_because="it decides by itself"), notes=[note])
    assert (found.runners[0].note, found.is_readable, found.notes) == (
        "it decides by itself",
        False,
        [note],
    )


def test_what_is_no_setting_of_the_list_goes_no_further() -> None:
    in_force = {"context_tokens": known(8192), "api_key": known(SECRET)}
    found = shown(model(in_force=in_force, command_line=SECRET), environment={"KEY": SECRET})
    assert SECRET not in msgspec.json.encode(found).decode()
