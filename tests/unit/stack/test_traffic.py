from pathlib import Path

import pytest

from stack.errors import StackError
from stack.parts import Address, Part
from stack.plan import Plan
from stack.request import read_request
from stack.settings import parse
from stack.traffic import addresses, results, traffic


def plan(**ports: int) -> Plan:
    parts = tuple(
        Part(name, (), (Address(name, "0.0.0.0", port, ""),), "", 1.0, 1.0)
        for name, port in ports.items()
    )
    return Plan(parts, "", (), {})


def test_without_a_stack_no_question_is_sent(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no stack is running to send questions to: make start"):
        traffic(read_request({}, tmp_path), ["--preset", "quick"])


def test_results_are_kept_in_the_checkout(tmp_path: Path) -> None:
    assert results(tmp_path) == {"TRAFFIC_RESULTS_DIRECTORY": f"{tmp_path}/results"}


def test_the_traffic_is_told_where_the_parts_answer() -> None:
    assert addresses(plan(engine=1, portkey=2, proxy=3), parse({})) == {
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
    assert addresses(plan(proxy=3), parse(variables))["TRAFFIC_OLLAMA_URL"] == url


def test_a_gateway_that_was_not_started_here_is_the_one_of_the_settings() -> None:
    settings = parse({"PORTKEY_HOST": "gateway-box", "PORTKEY_PORT": "9"})
    assert addresses(plan(proxy=3), settings)["TRAFFIC_PORTKEY_URL"] == "http://gateway-box:9"
    started = addresses(plan(proxy=3, portkey=2), settings)
    assert started["TRAFFIC_PORTKEY_URL"] == "http://127.0.0.1:2"


def test_where_only_a_gateway_runs_the_proxy_is_the_one_of_the_settings() -> None:
    told = addresses(plan(portkey=2), parse({"PROXY_PORT": "9"}))
    assert told["TRAFFIC_BASE_URL"] == "http://127.0.0.1:9"
    assert told["TRAFFIC_PORTKEY_URL"] == "http://127.0.0.1:2"
