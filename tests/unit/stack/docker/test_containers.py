import json
from pathlib import Path

import pytest

from stack.docker.compose import project_of
from stack.docker.containers import (
    Container,
    address_of,
    containers,
    parsed,
    plan_of,
    several,
)
from stack.errors import StackError
from stack.request import read_request
from tests.dockers import Docker, said_of


def found(folder: Path, *services: str) -> list[Container]:
    return parsed("\n".join(said_of(service, folder) for service in services))


def test_a_container_is_read_with_its_ports_and_its_checkout(tmp_path: Path) -> None:
    (front,) = found(tmp_path, "front")
    assert front.part == "proxy"
    assert front.ports == {11435: ("127.0.0.1", 21435), 8001: ("127.0.0.1", 28001)}
    assert front.folder == tmp_path
    assert front.is_running
    assert not front.is_done


def test_older_compose_prints_a_list(tmp_path: Path) -> None:
    lines = [said_of("front", tmp_path), said_of("proxy", tmp_path)]
    assert parsed(f"[{','.join(lines)}]") == parsed("\n".join(lines))
    assert parsed("") == []


def test_one_that_had_one_thing_to_do_is_done_when_it_ended_well(tmp_path: Path) -> None:
    (well,) = parsed(said_of("pull-model", tmp_path, State="exited"))
    (badly,) = parsed(said_of("pull-model", tmp_path, State="exited", ExitCode=1))
    assert (well.is_done, badly.is_done) == (True, False)


def test_the_plan_has_the_published_addresses_of_what_runs(tmp_path: Path) -> None:
    plan = plan_of(found(tmp_path, "front", "proxy", "ollama", "portkey", "traffic"))
    proxy = plan.part("proxy")
    assert proxy is not None
    assert [address.page_url for address in proxy.addresses] == [
        "http://127.0.0.1:21435",
        "http://127.0.0.1:28001/metrics",
    ]
    assert proxy.ready_url == "http://127.0.0.1:28001/ready"
    assert plan.api_url == "http://ollama:11434"
    assert plan.gateway == "http://127.0.0.1:28787"
    assert plan.part("dashboard") is None


def test_what_has_ended_is_in_no_plan(tmp_path: Path) -> None:
    gone = parsed(said_of("prometheus", tmp_path, State="exited"))
    assert plan_of(gone).parts == ()


def test_a_published_port_names_the_variable_that_moves_it() -> None:
    known = address_of("gpu-exporter-demo", 8000, "0.0.0.0", 9000)
    assert (known.what, known.variable, known.page) == (
        "gpu-exporter",
        "GPU_EXPORTER_PORT",
        "/metrics",
    )
    assert address_of("somebodys", 3000, "127.0.0.1", 3000).variable == ""


@pytest.mark.parametrize("name", ["plain", "with, a comma", "a,b"])
def test_a_checkout_may_be_called_as_it_likes(tmp_path: Path, name: str) -> None:
    (one,) = parsed(said_of("front", tmp_path / name))
    assert one.folder == tmp_path / name
    label = (
        f"com.docker.compose.project.working_dir={tmp_path / name},com.docker.compose.depends_on="
    )
    (one,) = parsed(said_of("front", tmp_path, Labels=label))
    assert one.folder == tmp_path / name
    (one,) = parsed(said_of("front", tmp_path, Labels="a.b=c"))
    assert one.folder == Path()


def test_services_of_which_several_run_are_counted(tmp_path: Path) -> None:
    here = found(tmp_path, "front", "proxy", "proxy", "proxy", "dashboard")
    ended = parsed(said_of("dashboard", tmp_path, State="exited"))
    run = parsed(said_of("dashboard", tmp_path, Labels="com.docker.compose.oneoff=True"))
    assert run[0].is_run
    assert several([*here, *ended, *run]) == {"proxy": 3}
    assert several(()) == {}


def test_an_engine_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("ps --all", code=1)
    docker.answers("info", code=1, complaint="Is the docker daemon running?")
    project = project_of(read_request(docker.environment, tmp_path))
    with pytest.raises(StackError, match=r"^the Docker engine does not run"):
        containers(project)
    docker.answers("ps --all", said_of("front", tmp_path))
    assert [one.service for one in containers(project)] == ["front"]


def test_unpublished_ports_are_none(tmp_path: Path) -> None:
    closed = {"URL": "", "TargetPort": 11435, "PublishedPort": 0}
    (proxy,) = parsed(said_of("proxy", tmp_path, Publishers=[closed]))
    assert proxy.ports == {}
    assert json.loads(said_of("proxy", tmp_path))["Publishers"] == []
