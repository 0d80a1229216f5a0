from pathlib import Path

import pytest

from stack.places import MODEL_FILE, Places
from stack.prometheus.programs import PROMETHEUS
from stack.validating.programs import findings, of_gateway, of_program, of_weights
from tests.dockers import World, world_at
from tests.unit.stack.portkey.test_package import install, places_at

START = frozenset({"proxy", "prometheus"})


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path, tmp_path / ".local", tmp_path / ".local")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    found = world_at(tmp_path)
    monkeypatch.setenv("PATH", f"{found.docker.folder}:/nowhere")
    return found


def put(path: Path, says: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


def test_a_program_that_was_fetched_is_found_with_its_tool(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    missing = of_program(PROMETHEUS, places)
    assert missing.is_ok is None
    assert missing.detail == "Prometheus is not here: a start fetches it (about 120 MB, once)"
    put(places.fetched("prometheus") / "prometheus", "prometheus, version 3.1.0 (branch: x)")
    said = of_program(PROMETHEUS, places)
    assert said.detail == "Prometheus 3.1.0, fetched before, without promtool"
    put(places.fetched("prometheus") / "promtool", "")
    assert of_program(PROMETHEUS, places).detail.endswith("fetched before, with promtool")


def test_the_engine_s_model_is_there_or_fetched_or_must_be_where_one_says(world: World) -> None:
    request = world.request()
    assert of_weights(request).is_ok is None
    request.places.models.mkdir(parents=True)
    (request.places.models / MODEL_FILE).touch()
    assert of_weights(request).detail == f"{MODEL_FILE} in .local/models"
    said = of_weights(world.request(ENGINE_MODELS_DIR=str(world.folder / "mine")))
    assert (said.is_ok, said.remedy) == (False, "put one there, or unset ENGINE_MODELS_DIR")


@pytest.mark.parametrize(("names", "is_ok"), [(START, None), (START | {"portkey"}, False)])
def test_node_stops_only_a_start_that_needs_it(
    places: Places, names: frozenset[str], is_ok: bool | None
) -> None:
    said = of_gateway(places, "16.1.0", None, names)
    assert (said.is_ok, said.detail.partition(":")[0]) == (is_ok, "node 16.1.0, no npm")
    assert "node" in said.remedy


def test_a_gateway_is_fetched_by_the_verb_that_needs_it(tmp_path: Path) -> None:
    places = places_at(tmp_path)
    said = of_gateway(places, "20.1.0", "10.1.0", START)
    assert said.detail.endswith("make start-with-portkey fetches the gateway")
    said = of_gateway(places, "20.1.0", "10.1.0", START | {"portkey"})
    assert said.detail.endswith("a start fetches the gateway")
    install(places.portkey)
    assert of_gateway(places, "20.1.0", "10.1.0", START).is_ok


def test_a_gateway_that_the_lock_does_not_ask_for_is_none(tmp_path: Path) -> None:
    places = places_at(tmp_path)
    install(places.portkey, hono="4.11.0")
    assert of_gateway(places, "20.1.0", "10.1.0", START).is_ok is None


def test_each_program_is_looked_at_where_a_start_would_have_it(world: World) -> None:
    put(world.docker.folder / "prometheus", "prometheus, version 3.1.0 (branch: x)")
    whats = [one.what for one in findings(world.request(), is_embedded=True)]
    assert whats == ["program", "weights", "gateway"]
    off = world.request(PROMETHEUS="off", ALERTMANAGER="on")
    said = list(findings(off, is_embedded=False))
    assert [one.what for one in said] == ["program", "gateway"]
    assert said[0].detail.startswith("Alertmanager is not here")
