from pathlib import Path

from stack.docker.containers import parsed
from stack.docker.engine import look as look_for_engine
from stack.docker.facts import is_ours, look
from stack.request import Request, read_request
from tests.answering import answering
from tests.dockers import Docker, said_of
from tests.ports import free_port

VERSION = b'{"version":"0.33.0"}'


def request_of(docker: Docker, folder: Path, url: str) -> Request:
    return read_request({**docker.environment, "OLLAMA_URL": url}, folder)


def test_an_ollama_that_containers_reach_is_found_so(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.has_engine()
    with answering(200, VERSION, "/api/version") as url:
        request = request_of(docker, tmp_path, url)
        found = look(request, look_for_engine(docker.environment), ())
        assert (found.version, found.is_reached, found.is_elsewhere) == ("0.33.0", True, False)
        # nothing listens at the bridge's address
        docker.answers("network inspect", "127.0.0.9 ")
        assert not look(request, look_for_engine(docker.environment), ()).is_reached
        docker.has_engine(OperatingSystem="Docker Desktop")
        docker.answers("network inspect", "127.0.0.9 ")
        assert look(request, look_for_engine(docker.environment), ()).is_reached


def test_what_a_container_of_ours_answers_is_no_ollama_of_the_machine(tmp_path: Path) -> None:
    ours = parsed(said_of("ollama", tmp_path))
    assert is_ours("http://127.0.0.1:21434", ours)
    assert not is_ours("http://127.0.0.1:11434", ours)
    assert not is_ours("http://box:21434", ours)
    assert not is_ours(
        "http://127.0.0.1:21434", parsed(said_of("ollama", tmp_path, State="exited"))
    )


def test_nothing_answers_where_nothing_listens(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.has_engine(Runtimes={"nvidia": {}})
    request = request_of(docker, tmp_path, f"http://127.0.0.1:{free_port()}")
    found = look(request, look_for_engine(docker.environment), ())
    assert (found.version, found.is_reached, found.has_nvidia) == (None, False, True)
    assert not found.has_own_file
    (tmp_path / "compose.override.yaml").write_text("{}")
    assert look(request, look_for_engine(docker.environment), ()).has_own_file
