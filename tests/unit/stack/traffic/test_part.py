import pytest

from stack.parts import Address, Part
from stack.settings import parse
from stack.traffic.part import addresses, traffic_part


def running(**ports: int) -> tuple[Part, ...]:
    return tuple(
        Part(name, (), (Address(name, "0.0.0.0", port, ""),), "", 1.0, 1.0)
        for name, port in ports.items()
    )


def test_the_worker_asks_the_proxy_that_runs_and_is_asked_itself_where_it_is_set() -> None:
    part = traffic_part(parse({"TRAFFIC_WORKER_PORT": "18002"}), running(proxy=3))
    assert part.environment["TRAFFIC_BASE_URL"] == "http://127.0.0.1:3"
    assert part.environment["TRAFFIC_WORKER_PORT"] == "18002"
    assert part.ready_url == "http://127.0.0.1:18002/ready"
    assert part.addresses[0].page_url == "http://127.0.0.1:18002/metrics"
    assert part.environment["TRAFFIC_MODEL"] == "auto"
    assert part.command[1:] == ("-m", "traffic", "worker")


def test_the_worker_is_killed_only_after_its_drain() -> None:
    part = traffic_part(parse({"TRAFFIC_WORKER_DRAIN_SECONDS": "50"}), running(proxy=3))
    assert part.stop_seconds > 50
    assert part.environment["TRAFFIC_WORKER_DRAIN_SECONDS"] == "50"


def test_the_traffic_is_told_where_the_parts_answer() -> None:
    assert addresses(running(engine=1, portkey=2, proxy=3), parse({})) == {
        "TRAFFIC_BASE_URL": "http://127.0.0.1:3",
        "TRAFFIC_PORTKEY_URL": "http://127.0.0.1:2",
        "TRAFFIC_OLLAMA_URL": "http://127.0.0.1:1",
    }


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, "http://127.0.0.1:11434"),
        ({"OLLAMA_URL": "http://127.0.0.1:7/"}, "http://127.0.0.1:7"),
        ({"OLLAMA_URL": "http://user:word@127.0.0.1:7"}, "http://127.0.0.1:7"),
    ],
)
def test_an_ollama_that_was_not_started_here_is_the_one_of_the_settings(
    variables: dict[str, str], url: str
) -> None:
    assert addresses(running(proxy=3), parse(variables))["TRAFFIC_OLLAMA_URL"] == url


def test_a_gateway_that_was_not_started_here_is_the_one_of_the_settings() -> None:
    settings = parse({"PORTKEY_HOST": "gateway-box", "PORTKEY_PORT": "9"})
    assert addresses(running(proxy=3), settings)["TRAFFIC_PORTKEY_URL"] == "http://gateway-box:9"
    started = addresses(running(proxy=3, portkey=2), settings)
    assert started["TRAFFIC_PORTKEY_URL"] == "http://127.0.0.1:2"


def test_where_only_a_gateway_runs_the_proxy_is_the_one_of_the_settings() -> None:
    told = addresses(running(portkey=2), parse({"PROXY_PORT": "9"}))
    assert told["TRAFFIC_BASE_URL"] == "http://127.0.0.1:9"
    assert told["TRAFFIC_PORTKEY_URL"] == "http://127.0.0.1:2"
