"""What Ollama is asked over real HTTP, and what is made of its answers."""

from collections.abc import Iterator

import pytest

from gpu_exporter.http import WrongAnswerError
from gpu_exporter.ollama.blobs import Shown
from gpu_exporter.ollama.client import OllamaClient
from tests.ollamas import BLOB, NOON, WrittenOllama, serving


@pytest.fixture
def script() -> WrittenOllama:
    return WrittenOllama()


@pytest.fixture
def client(script: WrittenOllama) -> Iterator[OllamaClient]:
    with serving(script) as server:
        client = OllamaClient(server.url)
        yield client
        client.close()


def test_loaded_models_come_with_the_time_by_ollamas_clock(
    script: WrittenOllama, client: OllamaClient
) -> None:
    script.load("a")
    loaded = client.loaded(client.deadline())
    assert [model.name for model in loaded.models] == ["a:latest"]
    assert loaded.unix_seconds == NOON


def test_installed_models_its_version_and_weights_are_told(
    script: WrittenOllama, client: OllamaClient
) -> None:
    script.install("a")
    script.files["a:latest"] = f"/models/blobs/sha256-{BLOB}"
    until = client.deadline()
    assert [model.name for model in client.installed(until)] == ["a:latest"]
    assert client.version(until) == "0.33.0"
    assert client.shown("a:latest", until) == Shown(BLOB)
    assert script.asked == ["/api/tags", "/api/version", "/api/show"]


@pytest.mark.parametrize(("ask", "path"), [("loaded", "ps"), ("installed", "tags")])
def test_what_is_no_list_of_models_is_a_wrong_answer(
    script: WrittenOllama, client: OllamaClient, ask: str, path: str
) -> None:
    script.instead = lambda call: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with pytest.raises(
        WrongAnswerError, match=f"answered something else to /api/{path}, not as Ollama does$"
    ):
        getattr(client, ask)(client.deadline())
