import json
import math
from dataclasses import replace

from stack.top.facts import Facts, Source
from stack.top.json_form import VERSION, document
from stack.top.machine import Gpu, Model
from stack.top.rates import Growth
from tests.tops import DOWN, EVIL, FACTS, NOON, ended, entry, growth


def test_what_is_known_is_told_with_its_units() -> None:
    told = document(FACTS)
    assert (told["version"], told["target"]) == (VERSION, "gpu-box")
    assert (told["at"], told["at_unix_seconds"]) == (
        "2026-11-28T12:34:56.000+00:00",
        NOON.timestamp(),
    )
    assert told["stack"] == {"release": "0.1.0", "uptime_seconds": 7500}
    assert told["ollama"] == {"is_up": True, "version": "0.33.0"}
    assert told["now"] == {
        "over_seconds": 10,
        "requests_per_second": 0.8,
        "generated_tokens_per_second": 58,
    }
    assert told["lately"] == {
        "over_seconds": 300,
        "requests_per_second": 0.1333,
        "generated_tokens_per_second": 30,
        "requests": 40,
        "generated_tokens": 9000,
        "errors": 2,
        "errors_by_type": {"upstream_5xx": 2},
        "ttft_count": 20,
        "ttft_p50_seconds": 0.5,
        "ttft_p95_seconds": 0.95,
    }
    assert told["since_start"] == {
        "requests": 900,
        "generated_tokens": 50_000,
        "prompt_tokens": 70_000,
        "errors": 9,
        "errors_by_type": {"upstream_5xx": 9},
        "ttft_count": 8,
        "ttft_p50_seconds": 0.25,
        "ttft_p95_seconds": 0.475,
    }


def test_lists_are_told_row_by_row() -> None:
    told = document(FACTS)
    assert [one["model"] for one in told["in_flight"]] == ["qwen3:8b", "llama3.2:3b"]
    assert told["in_flight"][0]["tokens_per_second"] == 45.1
    assert [one["is_error"] for one in told["finished"]] == [False, True]
    assert told["models"][1] == {
        "name": "qwen3:8b",
        "memory_bytes": 6_000_000_000,
        "vram_bytes": 4_500_000_000,
        "ram_bytes": 1_500_000_000,
        "context_tokens": 4096,
        "expires_in_seconds": None,
        "gpu_ratio": 0.75,
    }
    assert told["gpus"][0]["throttled_by"] == ["power_cap"]
    assert told["host"] == {
        "cpus": 16,
        "cpu_ratio": 0.23,
        "load_1m": 1.2,
        "memory_used_bytes": 21_000_000_000,
        "memory_total_bytes": 64_000_000_000,
    }


def test_what_is_not_known_is_null_and_what_is_0_is_0() -> None:
    told = document(DOWN)
    for name in ("in_flight", "finished", "models", "gpus", "host"):
        assert told[name] is None
    assert set(told["lately"].values()) == {None, 0.0}
    assert told["lately"]["requests"] is None
    assert set(told["since_start"].values()) == {None}
    assert told["ollama"] == {"is_up": None, "version": None}
    idle = replace(FACTS, requests=(), finished=(), models=(), gpus=(), lately=Growth(300))
    told = document(idle)
    assert [told[name] for name in ("in_flight", "finished", "models", "gpus")] == [[], [], [], []]
    assert (told["lately"]["requests"], told["lately"]["errors"]) == (0, 0)
    assert told["lately"]["ttft_count"] == 0
    assert told["lately"]["ttft_p50_seconds"] is None


def test_each_part_is_told_with_what_is_wrong() -> None:
    some = replace(
        FACTS,
        sources=(FACTS.sources[0], Source("gpu-exporter", "http://x", "connection refused")),
        missing={"prometheus": "none was named"},
    )
    assert document(some)["sources"] == [
        {"part": "proxy", "where": "http://127.0.0.1:8001", "is_up": True, "problem": None},
        {
            "part": "gpu-exporter",
            "where": "http://x",
            "is_up": False,
            "problem": "connection refused",
        },
        {"part": "prometheus", "where": None, "is_up": None, "problem": "none was named"},
    ]


def test_the_history_has_a_value_a_slot_and_null_where_nothing_is_known() -> None:
    told = document(replace(FACTS, slots=(None, growth(0.0), growth(8.0, 0.4))))["history"]
    assert told["slot_seconds"] == 5
    assert told["generated_tokens_per_second"] == [None, 0, 8]
    assert told["requests_per_second"] == [None, 0.2, 0.2]
    assert told["ttft_p50_seconds"] == [None, None, 0.375]


def all_keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in all_keys(one)}
    return {key for one in value for key in all_keys(one)} if isinstance(value, list) else set()


def test_the_fields_are_the_same_whatever_is_known() -> None:
    full, empty = document(FACTS), document(DOWN)
    assert full.keys() == empty.keys()
    for name in ("lately", "since_start", "now", "stack", "ollama", "history"):
        assert full[name].keys() == empty[name].keys()
    assert document(replace(FACTS, models=(Model("m"),)))["models"][0].keys() == (
        full["models"][0].keys()
    )
    assert document(replace(FACTS, gpus=(Gpu("0"),)))["gpus"][0].keys() == full["gpus"][0].keys()


def test_it_is_json_without_what_json_does_not_have_and_without_raw_control_characters() -> None:
    facts: Facts = replace(
        FACTS, requests=(entry(EVIL),), finished=(ended(request_id=EVIL),), title=EVIL
    )
    text = json.dumps(document(facts), allow_nan=False)
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text)["in_flight"][0]["model"] == EVIL
    assert not math.isnan(document(facts)["at_unix_seconds"])
