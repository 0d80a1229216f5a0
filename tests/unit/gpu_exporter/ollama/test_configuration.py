"""The document that says what is set and what is in force."""

import json

from gpu_exporter.ollama.command_lines import Item, read
from gpu_exporter.ollama.configuration import Configuration, ModelConfiguration, document
from gpu_exporter.ollama.differences import compare
from gpu_exporter.ollama.effective import effective
from gpu_exporter.ollama.environment import of_ollama
from tests.proctrees import HTTP_RUNNER, LLAMA_SERVER

SET = of_ollama(b"OLLAMA_NUM_PARALLEL=8\0OLLAMA_CONTEXT_LENGTH=8192\0OLLAMA_KEEP_ALIVE=a while\0")


def test_a_model_s_values_say_whence_they_are_and_what_differs() -> None:
    known = effective(read(LLAMA_SERVER), None, None)
    model = ModelConfiguration("m:latest", known, compare(SET, known, None))
    told = json.loads(json.dumps(document(Configuration([model], SET, ["A sentence."]))))
    assert told["settings"] == {
        "OLLAMA_NUM_PARALLEL": "8",
        "OLLAMA_CONTEXT_LENGTH": "8192",
        "OLLAMA_KEEP_ALIVE": "not understood",
    }
    assert told["notes"] == ["A sentence."]
    (one,) = told["models"]
    assert (one["model"], one["runner"]) == ("m:latest", "llama-server")
    assert one["in_force"]["context_tokens"] == {"value": 8192, "from": "command line"}
    assert one["in_force"]["kv_cache_type_k"] == {"value": "q8_0", "from": "command line"}
    assert (one["not_seen"], one["not_seen_because"]) == ([], None)
    compared = {each.pop("setting"): each for each in one["compared"]}
    assert compared["OLLAMA_CONTEXT_LENGTH"] == {
        "set": "8192",
        "in_force": "8192",
        "differs": False,
        "perhaps_because": None,
    }
    parallel = compared["OLLAMA_NUM_PARALLEL"]
    assert (parallel["set"], parallel["in_force"], parallel["differs"]) == ("8", "4", True)
    assert "one slot" in parallel["perhaps_because"]


def test_what_is_not_seen_is_named_with_the_reason() -> None:
    known = effective(read(HTTP_RUNNER), None, 4096)
    told = document(Configuration([ModelConfiguration("m", known, ())]))
    (one,) = json.loads(json.dumps(told))["models"]
    assert one["in_force"] == {"context_tokens": {"value": 4096, "from": "/api/ps"}}
    assert one["not_seen"] == [item.value for item in Item if item is not Item.CONTEXT]
    assert "over HTTP" in one["not_seen_because"]


def test_settings_that_cannot_be_read_are_not_none_that_are_set() -> None:
    assert document(Configuration())["settings"] is None
    assert document(Configuration(settings={}))["settings"] == {}
