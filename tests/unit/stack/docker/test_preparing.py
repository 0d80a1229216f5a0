import json
import socket
from pathlib import Path

import pytest

from stack.docker.compose import project_of
from stack.docker.containers import parsed
from stack.docker.engine import look
from stack.docker.preparing import (
    Prepared,
    as_it_runs,
    have_images,
    log_of,
    ours,
    prepare,
    published,
    read,
    require_ports,
)
from stack.errors import StackError, UnfitError
from stack.request import Request, read_request
from stack.wish import wish_of
from tests.dockers import Docker, checkout, config_of, said_of
from tests.ports import free_port


def request_of(docker: Docker, folder: Path, **variables: str) -> Request:
    state = {"STACK_STATE_DIR": str(folder / "state")}
    return read_request({**docker.environment, **state, **variables}, folder)


def prepared(docker: Docker, folder: Path, **variables: str) -> Prepared:
    request = request_of(docker, folder, **variables)
    wish = wish_of("start", request.settings)
    return prepare(request, look(docker.environment), (), wish, True)


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    (tmp_path / "bin").mkdir()
    found = Docker(tmp_path / "bin")
    found.has_engine()
    found.answers("config --format json", config_of())
    checkout(tmp_path / "checkout")
    return found


def test_a_demo_is_prepared_as_compose_reads_it(docker: Docker, tmp_path: Path) -> None:
    found = prepared(docker, tmp_path / "checkout", COMPOSE_PROFILES="demo")
    told = docker.told("config --format json")
    assert told == {"COMPOSE_FILE": "compose.yaml", "COMPOSE_PROFILES": "demo", "OLLAMA": "off"}
    assert "pull-model" in found.services
    assert "pull-model" not in found.lasting
    assert found.ending == ("pull-model",)


def test_a_variable_that_reaches_no_container_ends_it(docker: Docker, tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="PROXY_NONE reaches no container"):
        prepared(docker, tmp_path / "checkout", COMPOSE_PROFILES="demo", PROXY_NONE="1")


def test_files_that_compose_does_not_take_are_an_error_with_its_words(
    docker: Docker, tmp_path: Path
) -> None:
    docker.answers("config --format json", code=15)
    docker.answers("config --quiet", code=15, complaint="services.proxy: bad")
    with pytest.raises(StackError, match=r"does not take compose\.yaml: services\.proxy: bad"):
        prepared(docker, tmp_path / "checkout", COMPOSE_PROFILES="demo")


def test_what_runs_is_added_to_with_its_own_profiles(tmp_path: Path) -> None:
    demo = parsed("\n".join(said_of(name, tmp_path) for name in ("engine", "gpu-exporter-demo")))
    assert as_it_runs({}, demo) == {"COMPOSE_PROFILES": "demo"}
    engine = parsed("\n".join(said_of(name, tmp_path) for name in ("engine", "portkey")))
    assert as_it_runs({}, engine) == {"COMPOSE_PROFILES": "engine,portkey"}
    assert as_it_runs({"COMPOSE_PROFILES": "mine"}, demo) == {"COMPOSE_PROFILES": "mine"}
    assert as_it_runs({"A": "b"}, ()) == {"A": "b"}


def test_another_checkout_s_containers_are_left_alone(docker: Docker, tmp_path: Path) -> None:
    docker.answers(
        "ps --all", f"{said_of('front', tmp_path)}\n{said_of('proxy', Path('/no/where'))}"
    )
    with pytest.raises(StackError) as error:
        ours(request_of(docker, tmp_path / "checkout"))
    assert str(error.value) == (
        f"the containers of ollama-observe are those of /no/where (gone), {tmp_path} (gone): "
        "COMPOSE_PROJECT_NAME=another-name gives this checkout its own (and other ports); "
        "`docker compose -p ollama-observe --profile '*' down` stops those"
    )
    docker.answers("ps --all", said_of("front", tmp_path / "checkout"))
    assert len(ours(request_of(docker, tmp_path / "checkout"))) == 1


def test_containers_of_another_machine_s_engine_are_left_alone(
    docker: Docker, tmp_path: Path
) -> None:
    docker.answers("ps --all", said_of("front", tmp_path / "checkout"))
    docker.answers("context inspect", "tcp://10.0.0.7:2375")
    with pytest.raises(UnfitError, match=r"another machine's \(tcp://10\.0\.0\.7:2375"):
        ours(request_of(docker, tmp_path / "checkout"))


def test_images_that_are_here_are_not_fetched(docker: Docker, tmp_path: Path) -> None:
    docker.answers("image inspect", "sha256:1")
    folder = tmp_path / "checkout"
    request = request_of(docker, folder)
    have_images(request, prepared(docker, folder, COMPOSE_PROFILES="demo"))
    assert not any(" build " in words or " pull " in words for words in docker.asked())
    assert log_of(request) == folder / "state/log/setup.log"


def test_a_port_that_is_taken_is_named_unless_we_have_it(docker: Docker, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = [{"host_ip": "127.0.0.1", "target": 3001, "published": str(port)}]
        one = {"image": "ollama-observe/dashboard:0.1.0", "ports": ports}
        docker.answers("config --format json", config_of(dashboard=one))
        found = prepared(docker, tmp_path / "checkout", COMPOSE_PROFILES="demo")
        with pytest.raises(StackError, match=rf"port {port} \(dashboard\).*DASHBOARD_PORT="):
            require_ports(found, (), "start")
        has_it = {"URL": "127.0.0.1", "TargetPort": 3001, "PublishedPort": port}
        held = parsed(said_of("dashboard", tmp_path, Publishers=[has_it]))
        require_ports(found, held, "start")
        label = "com.docker.compose.oneoff=True"
        run = parsed(said_of("dashboard", tmp_path, Publishers=[has_it], Labels=label))
        with pytest.raises(StackError, match=rf"port {port}"):  # `make dashboard`
            require_ports(found, run, "start")


def test_only_published_ports_of_the_services_are_looked_at() -> None:
    port = free_port()
    ports = [{"target": 9000, "published": str(port)}, {"target": 9001}]
    said = json.dumps({"services": {"a": {"ports": ports}, "b": {"ports": ports}, "c": {}}})
    assert [(one.host, one.port) for one in published(said, ["a", "c"])] == [("0.0.0.0", port)]


def test_compose_s_reading_is_json(docker: Docker, tmp_path: Path) -> None:
    project = project_of(request_of(docker, tmp_path / "checkout"))
    assert "services" in json.loads(read(project))
