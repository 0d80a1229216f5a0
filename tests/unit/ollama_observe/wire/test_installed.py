"""What /api/tags says of the models on disk."""

import json

import pytest

from ollama_observe.wire.installed import InstalledModel, read_installed
from ollama_observe.wire.locations import Location
from tests.fakes import captures


def test_the_recorded_models_are_read_the_latest_first() -> None:
    models = read_installed(captures.load("tags").body)
    assert models is not None
    assert [model.name for model in models] == [
        "all-minilm:22m",
        "tooler:latest",
        "thinker:latest",
        "gemma3:270m",
        "smollm2:135m",
    ]
    assert {model.location for model in models} == {Location.LOCAL}
    digest = "14f8ac0fb3c4d0781f89e8e94fb0f50f6074e4433c57f2974444117109948bb3"
    modified_at = 1_795_416_021.789955
    assert models[3] == InstalledModel(
        "gemma3:270m", digest, 253_113_180, modified_at, "gemma3", "268.10M", "Q4_K_M"
    )


def test_a_model_in_the_cloud_is_one_like_others_but_for_where_it_computes() -> None:
    entry = {"name": "big:cloud", "remote_host": "https://example.com", "size": 0, "details": None}
    (model,) = read_installed(json.dumps({"models": [entry]}).encode()) or []
    assert model == InstalledModel("big:cloud", "", 0, None, "", "", "", Location.CLOUD)


@pytest.mark.parametrize(
    ("entry", "location"),
    [
        ({"name": "small:8b"}, Location.LOCAL),
        ({"name": "big:120b-cloud"}, Location.CLOUD),
        ({"name": "alias", "remote_model": "gpt-oss:120b"}, Location.CLOUD),
        ({"name": "alias", "remote_host": "http://gpu-box:11434"}, Location.CLOUD),
        ({"name": "small", "remote_host": "", "remote_model": ""}, Location.LOCAL),
        ({"name": "small", "remote_host": None, "remote_model": 7}, Location.LOCAL),
    ],
)
def test_a_model_computes_elsewhere_by_its_name_or_where_another_host_is_named(
    entry: dict[str, object], location: Location
) -> None:
    (model,) = read_installed(json.dumps({"models": [entry]}).encode()) or []
    assert model.location is location


def test_fields_of_another_kind_are_not_told() -> None:
    details = {"family": 7, "parameter_size": None, "quantization_level": "q\n" * 100}
    entry = {"name": "m", "digest": [], "size": "1", "modified_at": 0, "details": details}
    (model,) = read_installed(json.dumps({"models": [entry]}).encode()) or []
    assert model == InstalledModel("m:latest", "", None, None, "", "", "q" * 32)


def test_spellings_of_one_name_are_the_model_that_was_modified_last() -> None:
    entries = [
        {"name": "m", "size": 1, "modified_at": "2026-01-01T00:00:00Z"},
        {"name": "M", "size": 2, "modified_at": "2026-01-02T00:00:00Z"},
        {"name": "m:latest", "size": 3},
    ]
    (model,) = read_installed(json.dumps({"models": entries}).encode()) or []
    assert model.size_bytes == 2


def test_another_body_is_no_list() -> None:
    assert read_installed(b"<html>") is None
