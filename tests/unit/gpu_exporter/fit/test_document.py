"""An answer as JSON: every number beside its sentences, and nothing that JSON has not."""

import json
from datetime import datetime
from typing import Any

import pytest

from gpu_exporter.fit.answer import Seen, answer, head_room
from gpu_exporter.fit.document import of_answer, of_head_room, of_nothing
from gpu_exporter.fit.question import Asked
from gpu_exporter.fit.verdict import Kind
from tests.anatomies import LLAMA32_3B
from tests.fits import GIB, NOW, card, loaded, seen

NAME = "x:latest"


def told(seen: Seen, **more: Any) -> dict[str, Any]:
    found = answer(Asked(NAME, 8192, **more), LLAMA32_3B.facts(), LLAMA32_3B.size_bytes, seen)
    document = of_answer(NAME, found, seen.version, NOW)
    written: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    return written


def test_a_verdict_has_its_numbers() -> None:
    found = told(seen(card(20)))
    assert (found["model"], found["verdict"]) == (NAME, "fits")
    assert found["asked"] == {
        "context_tokens": 8192,
        "context_from": "asked for",
        "parallel": 1,
        "kv_cache_type": "f16",
        "flash_attention": True,
        "batch_tokens": 1024,
    }
    need = found["need"]
    assert (
        need["bytes"]
        == need["at_least_bytes"]
        == need["at_most_bytes"]
        == sum(need["parts"].values())
    )
    assert need["parts"]["kv_cache_bytes"] == 896 * 2**20
    assert found["placement"]["places"] == ["0"]
    assert found["placement"]["goes_first"] == []
    assert found["ollama"]["version"] == "0.33.0" and found["ollama"]["loads_beside_others"] is None
    assert found["measured"] is None
    assert all(found[key] for key in ("summary", "reasons", "assumptions"))


def test_what_goes_first_and_ollama_s_own_reckoning_are_told() -> None:
    found = told(seen(card(2), models=(loaded("a", 20 * GIB),)))
    assert found["verdict"] == "fits_after"
    assert found["placement"]["goes_first"] == ["a"]
    policy = found["ollama"]
    assert policy["reckons_bytes"] > policy["may_take_bytes"]
    assert policy["loads_beside_others"] is False


def test_what_was_measured_is_told() -> None:
    found = told(seen(card(20), models=(loaded(NAME, 2.6e9),)))
    assert found["measured"]["measured_bytes"] == 2_600_000_000
    assert found["measured"]["context_tokens"] == 4096
    assert found["measured"]["corrects"] is True
    assert abs(found["measured"]["error_ratio"]) < 0.1


def test_what_is_loaded_has_no_place_to_find() -> None:
    found = told(seen(card(20), models=(loaded(NAME, 3e9, tokens=8192),)))
    assert found["placement"] is None


def test_head_room_says_what_frees_itself_when() -> None:
    models = (loaded("a", 6 * GIB, 4 * GIB, at=60.0), loaded("b", GIB), loaded("c", 1, at=None))
    found = of_head_room(head_room(seen(card(14), models=models)), NOW)
    written = json.loads(json.dumps(found, allow_nan=False))
    assert [one["model"] for one in written["frees"]] == ["a", "b"]
    first, second = written["frees"]
    assert (first["in_seconds"], first["on_cards_bytes"]) == (60.0, 4 * GIB)
    assert second["on_cards_bytes"] == 5 * GIB and second["on_host_bytes"] == 2 * GIB
    assert datetime.fromisoformat(first["at"]).timestamp() == pytest.approx(NOW + 60)
    assert written["loaded"][2]["frees_at"] is written["loaded"][2]["frees_in_seconds"] is None
    assert written["host"]["vendor"] is None and written["host"]["total_bytes"] == 32 * GIB
    assert written["cards"][0]["room_bytes"] < written["cards"][0]["free_bytes"] == 14 * GIB


def test_a_time_that_is_over_is_now() -> None:
    found = of_head_room(head_room(seen(models=(loaded("a", 5, 0, at=-9.0),))), NOW)
    assert json.loads(json.dumps(found))["frees"][0]["in_seconds"] == 0


def test_of_a_model_of_which_nothing_is_known_there_is_still_the_head_room() -> None:
    found = of_nothing("m", Kind.UNKNOWN, "cannot be told", head_room(seen(card(20))), NOW)
    assert (found["verdict"], found["summary"], found["reasons"]) == (
        "unknown",
        "cannot be told",
        [],
    )
    assert found["head_room"]
