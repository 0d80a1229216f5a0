from pathlib import Path

import pytest

from stack.parts import Address, Part
from stack.places import private_folder
from stack.plan import Plan
from stack.runtime import World
from stack.validating.finding import Finding
from stack.validating.processes import findings, plan_of
from stack.validating.world import Where
from tests import dockers
from tests.answering import answering
from tests.dockers import world_at
from tests.ports import free_ports

NAMES = ("PROXY_PORT", "PROXY_CONTROL_PORT", "GPU_EXPORTER_PORT", "ENGINE_PORT")
NOTHING_RUNS = Where(World.LOCAL, is_running=False)


@pytest.fixture
def world(tmp_path: Path) -> dockers.World:
    return world_at(tmp_path)


def variables(**more: str) -> dict[str, str]:
    ports = dict(zip(NAMES, map(str, free_ports(len(NAMES))), strict=True))
    off = {"PROMETHEUS": "off", "DASHBOARD": "off", "GPU_EXPORTER_BACKEND": "demo"}
    return {**ports, **off, "ENGINE": "embedded", **more}


def of(found: list[Finding], what: str) -> list[Finding]:
    return [one for one in found if one.what == what]


def test_every_subject_of_a_start_is_looked_at(world: dockers.World) -> None:
    found = list(findings(world.request(**variables()), NOTHING_RUNS))
    whats = list(dict.fromkeys(one.what for one in found))
    first = ["folder", "disk", "memory", "model API", "port", "settings", "gpu"]
    assert whats == [*first, "weights", "gateway"]
    assert len(of(found, "port")) == 4
    assert all(one.is_ok for one in (*of(found, "port"), *of(found, "settings")))


def test_a_start_that_has_no_ollama_fails_and_the_rest_is_looked_at_all_the_same(
    world: dockers.World,
) -> None:
    asked = variables(ENGINE="", OLLAMA_URL="http://127.0.0.1:1", GPU_EXPORTER="off")
    found = list(findings(world.request(**asked), NOTHING_RUNS))
    (api,) = of(found, "model API")
    assert api.is_ok is False
    assert len(of(found, "port")) == 2


def test_processes_have_no_grafana_as_a_start_says(world: dockers.World) -> None:
    first = next(findings(world.request(GRAFANA="on"), NOTHING_RUNS))
    assert (first.what, first.is_ok) == ("grafana", False)
    assert first.detail.startswith("GRAFANA=on brings Grafana in a container")
    assert first.remedy.startswith("leave it off; grafana/README.md")


def test_what_runs_holds_its_own_ports_and_is_asked_for_its_ollama(world: dockers.World) -> None:
    asked = variables(ENGINE="", GPU_EXPORTER="off")
    request = world.request(**asked)
    private_folder(request.places.run)
    address = Address("proxy", "127.0.0.1", int(asked["PROXY_PORT"]), "PROXY_PORT")
    part = Part("proxy", (), (address,), "", 1, 1)
    with answering(200, b'{"version":"0.12.3"}', "/api/version") as url:
        Plan((part,), "Ollama 0.12.3", api_url=url).save(request.places.run)
        found = list(findings(request, Where(World.LOCAL, is_running=True)))
    assert of(found, "port")[0].detail.endswith("(proxy): ours, it runs")
    assert of(found, "model API") == [Finding("model API", True, "Ollama 0.12.3")]


def test_without_a_plan_nothing_is_known_to_run(world: dockers.World) -> None:
    request = world.request()
    assert plan_of(request, NOTHING_RUNS) is None
    assert plan_of(request, Where(World.LOCAL, is_running=True)) is None
