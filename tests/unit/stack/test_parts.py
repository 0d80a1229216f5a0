from pathlib import Path

import pytest

from stack.parts import engine_part, prometheus_part, proxy_part, reachable
from stack.places import places_of
from stack.settings import parse


@pytest.mark.parametrize(
    ("listened", "connected"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]")],
)
def test_a_part_that_listens_everywhere_is_asked_on_the_loopback(
    listened: str, connected: str
) -> None:
    assert reachable(listened) == connected


def test_the_proxy_is_told_where_ollama_answers_and_asked_on_its_control_port() -> None:
    part = proxy_part(parse({"PROXY_CONTROL_PORT": "18001"}), "http://gpu-box:11434")
    assert part.environment["PROXY_OLLAMA_URL"] == "http://gpu-box:11434"
    assert part.ready_url == "http://127.0.0.1:18001/ready"


def test_the_proxy_is_killed_only_after_its_drain() -> None:
    part = proxy_part(parse({"PROXY_DRAIN_SECONDS": "50"}), "")
    assert part.stop_seconds > 50


def test_the_engine_finds_models_and_libraries_where_they_are_fetched_to() -> None:
    places = places_of(parse({}), Path("/r"))
    environment = engine_part(parse({}), places).environment
    assert environment["ENGINE_MODELS_DIR"] == "/r/.local/models"
    assert environment["ENGINE_LIBRARY_DIR"] == "/r/.local/lib"


def test_prometheus_listens_on_the_loopback_and_forgets() -> None:
    places = places_of(parse({}), Path("/r"))
    command = prometheus_part(parse({}), places, Path("/p"), Path("/c")).command
    assert "--web.listen-address=127.0.0.1:9090" in command
    assert "--storage.tsdb.retention.time=15d" in command
    assert not any("lifecycle" in word for word in command)
