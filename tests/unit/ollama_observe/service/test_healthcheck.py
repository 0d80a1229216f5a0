"""The health check of containers: exit codes and sentences."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from ollama_observe.service.healthcheck import check, main


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers the status that the path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_200_is_healthy(url: str) -> None:
    assert main([f"{url}/200"]) == 0


@pytest.mark.parametrize("status", [204, 404, 503])
def test_any_other_answer_is_not(url: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{url}/{status}"]) == 1
    assert f"answered {status}" in capsys.readouterr().err


def test_nobody_there_is_not(url: str) -> None:
    problem = check("http://127.0.0.1:1/")
    assert problem is not None
    assert "did not answer" in problem
    assert check("no url at all") is not None


def test_wrong_use_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
