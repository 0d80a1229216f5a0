import json

import pytest

from stack.model_api import Found, ModelApi
from stack.request import Request
from stack.validating.model_api import models, names_at, of_a_start, of_model, of_what_runs
from tests.answering import answering
from tests.dockers import World, world_at

ENGINE_URL = "http://127.0.0.1:11434"
HAD = ["llama3.2:3b", "phi3:mini"]
TAGS = json.dumps({"models": [{"name": name} for name in reversed(HAD)]}).encode()


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_at(tmp_path_factory.mktemp("world"))


def asked(world: World, **variables: str) -> Request:
    return world.request(**variables)


def test_what_a_start_would_stand_before_is_said_with_its_reason(world: World) -> None:
    api, said = of_a_start(asked(world), Found("0.12.3", True), ENGINE_URL)
    assert api == ModelApi(ENGINE_URL, False, said.detail)
    assert (said.is_ok, said.remedy) == (True, "")


@pytest.mark.parametrize(
    ("found", "variables", "remedy"),
    [
        (Found(None, False), {"OLLAMA_URL": "http://127.0.0.1:1"}, "start it (`ollama serve`), "),
        (Found(None, False), {"OLLAMA_URL": "http://gpu:1"}, "start it there, open to the net"),
        (Found(None, True), {}, "start it with `ollama serve`, say where it answers with"),
    ],
)
def test_what_a_start_fails_of_is_apart_from_what_helps(
    world: World, found: Found, variables: dict[str, str], remedy: str
) -> None:
    api, said = of_a_start(asked(world, **variables), found, ENGINE_URL)
    assert (api, said.is_ok) == (None, False)
    assert said.remedy.startswith(remedy)
    assert "start it" not in said.detail


def test_another_server_in_its_place_is_named(world: World) -> None:
    found = Found(None, False, "nginx does (status 404 for /api/version)")
    _, said = of_a_start(asked(world, OLLAMA_URL="http://127.0.0.1:1"), found, ENGINE_URL)
    assert said.detail.endswith(", but nginx does (status 404 for /api/version)")


def test_what_runs_is_asked_whether_its_ollama_still_answers() -> None:
    with answering(200, b'{"version":"0.12.3"}', "/api/version") as url:
        assert of_what_runs(url, "Ollama 0.12.3").is_ok
    said = of_what_runs(url, "Ollama 0.12.3")
    assert said.is_ok is None
    assert said.detail == f"nothing answers at {url} any more (at the start: Ollama 0.12.3)"


def test_the_models_are_those_that_it_lists() -> None:
    with answering(200, TAGS, "/api/tags") as url:
        assert names_at(url) == HAD
    assert names_at(url) is None
    with answering(200, b"[]", "/api/tags") as url:
        assert names_at(url) is None


def test_a_model_that_is_there_is_right_with_and_without_its_tag() -> None:
    assert of_model("phi3:mini", HAD, is_named=True).is_ok
    assert of_model("qwen3", ["qwen3:latest"], is_named=True).is_ok


def test_a_name_that_is_nearly_right_is_put_right() -> None:
    said = of_model("lama3.2:3b", HAD, is_named=True)
    assert said.is_ok is None
    assert said.detail == "Ollama has no lama3.2:3b, there are llama3.2:3b, phi3:mini"
    assert said.remedy == "did you mean llama3.2:3b? Else make pull-model MODEL=lama3.2:3b"


def test_a_default_that_nobody_asked_for_is_missed_only_where_there_is_no_other() -> None:
    assert of_model("phi3:mini", ["qwen3:4b"], is_named=False).is_ok
    said = of_model("phi3:mini", [], is_named=False)
    assert (said.is_ok, said.detail) == (None, "Ollama has no phi3:mini, it has none")


def test_only_some_of_many_are_named() -> None:
    said = of_model("x", [f"m{number}:latest" for number in range(9)], is_named=True)
    assert said.detail.endswith("m4:latest and 4 more")


def test_an_embedded_engine_is_asked_for_no_model(world: World) -> None:
    assert list(models(asked(world), ModelApi(ENGINE_URL, True, ""))) == []
    assert list(models(asked(world), None)) == []
    with answering(200, TAGS, "/api/tags") as url:
        (said,) = models(asked(world, MODEL="phi3:mini"), ModelApi(url, False, ""))
    assert said.is_ok
    (said,) = models(asked(world), ModelApi(url, False, ""))
    assert said.detail == f"{url} does not tell which it has"
