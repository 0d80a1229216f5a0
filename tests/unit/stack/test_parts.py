from pathlib import Path

import pytest

from stack.parts import (
    PRELOADED,
    Address,
    Route,
    engine_part,
    gpu_exporter_part,
    portkey_address,
    portkey_part,
    prometheus_part,
    proxy_part,
    reachable,
)
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
    assert "--storage.tsdb.retention.time=31d" in command
    assert not any("lifecycle" in word for word in command)


@pytest.mark.parametrize(
    ("host", "links"),
    [
        ("127.0.0.1", ["--web.external-url=http://127.0.0.1:9090"]),
        ("::1", ["--web.external-url=http://[::1]:9090"]),
        ("0.0.0.0", []),
    ],
)
def test_alerts_link_to_a_prometheus_on_the_loopback_where_it_answers(
    host: str, links: list[str]
) -> None:
    settings = parse({"PROMETHEUS_HOST": host})
    part = prometheus_part(settings, places_of(settings, Path("/r")), Path("/p"), Path("/c"))
    assert [word for word in part.command if "external" in word] == links


def test_the_gateway_is_told_the_one_address_that_it_listens_on() -> None:
    places = places_of(parse({}), Path("/r"))
    part = portkey_part(
        parse({"PORTKEY_HOST": "localhost"}), places, Path("/bin/node"), "http://127.0.0.1:1"
    )
    assert part.command[0] == "/bin/node"
    assert {f"/r/{file}" for file in PRELOADED} < set(part.command)
    assert part.command[-3:] == ("--host=127.0.0.1", "--port=8787", "--headless")
    assert part.addresses == (portkey_address(parse({})),)


def test_the_gateway_trusts_the_ollama_that_it_is_for_and_the_loopback() -> None:
    places = places_of(parse({}), Path("/r"))
    part = portkey_part(parse({}), places, Path("/n"), "http://me:hunter2@192.168.0.4:11434")
    trusted = part.environment["TRUSTED_CUSTOM_HOSTS"]
    assert trusted.split(",") == [
        *("localhost", "127.0.0.1", "::1", "host.docker.internal"),
        "192.168.0.4",
    ]


def test_the_proxy_on_a_route_listens_for_what_comes_back() -> None:
    leg = Address("proxy return leg", "127.0.0.1", 11436, "PROXY_RETURN_LEG_PORT")
    direct = proxy_part(parse({}), "http://o")
    routed = proxy_part(parse({}), "http://o", Route(("--enable-portkey",), (leg,)))
    assert routed.command == (*direct.command, "--enable-portkey")
    assert routed.addresses == (*direct.addresses, leg)
    assert "PROXY_RETURN_LEG_PORT" not in direct.environment
    assert routed.environment["PROXY_RETURN_LEG_PORT"] == "11436"


def test_the_exporter_is_told_whom_to_ask() -> None:
    control = Address("proxy metrics", "0.0.0.0", 18001, "PROXY_CONTROL_PORT", "/metrics")
    settings = parse({"GPU_EXPORTER_PORT": "18000"})
    part = gpu_exporter_part(settings, "http://gpu-box:11434", control, Path("/r/models"))
    assert part.environment["GPU_EXPORTER_OLLAMA_URL"] == "http://gpu-box:11434"
    assert part.environment["GPU_EXPORTER_PROXY_URL"] == "http://127.0.0.1:18001"
    assert part.environment["GPU_EXPORTER_MODELS_DIR"] == "/r/models"
    assert part.ready_url == "http://127.0.0.1:18000/ready"
    assert part.addresses[0].page_url == "http://127.0.0.1:18000/metrics"


def test_where_the_models_of_somebody_elses_ollama_lie_the_exporter_finds_out_itself() -> None:
    control = Address("proxy metrics", "127.0.0.1", 8001, "PROXY_CONTROL_PORT")
    part = gpu_exporter_part(parse({}), "http://gpu-box:11434", control, None)
    assert "GPU_EXPORTER_MODELS_DIR" not in part.environment


def test_the_exporter_is_told_that_ollama_runs_on_another_machine() -> None:
    control = Address("proxy metrics", "127.0.0.1", 8001, "PROXY_CONTROL_PORT")
    part = gpu_exporter_part(parse({}), "http://gpu-box:11434", control, None, is_elsewhere=True)
    assert part.environment["GPU_EXPORTER_OLLAMA_ELSEWHERE"] == "true"
