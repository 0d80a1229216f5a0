"""`top` of a real stack: it finds the parts, has the minutes before, and sees them go and come."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stack.prometheus.programs import PROMETHEUS
from stack.prometheus.sources import on_path
from stack.waiting import wait_until
from tests.components import need
from tests.fakes.ollama import FakeOllama, Model
from tests.ollamas import serving
from tests.ports import free_port
from tests.prometheus_api import PrometheusApi
from tests.screens import Seat, at_a_screen
from tests.stacks import Stack, stack_at

pytestmark = pytest.mark.long

WITHIN_SECONDS = 40.0
TOKENS = 9
ASKED = 12


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    need("prometheus", on_path(PROMETHEUS) is not None, "install the package prometheus")
    model = Model(output_tokens=TOKENS)
    with serving(FakeOllama(model)) as ollama:
        told = {
            "OLLAMA_URL": ollama.url,
            "GPU_EXPORTER_BACKEND": "demo",
            "PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "1",
        }
        with stack_at(tmp_path_factory.mktemp("top"), **told) as stack:
            stack.start()
            yield stack
            assert stack.command("stop").returncode == 0
            stack.assert_nothing_left()


def ask(stack: Stack, model: str = "") -> None:
    body = {"model": model or Model().name, "messages": [{"role": "user", "content": "Why?"}]}
    request = urllib.request.Request(f"{stack.url}/api/chat", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def told(stack: Stack, *words: str, code: int = 0) -> dict[str, Any]:
    done = stack.command("top", "--once", "--json", "--interval", "0.2", *words)
    assert done.returncode == code, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_it_asks_the_parts_that_run_and_knows_what_was_before_it_began(stack: Stack) -> None:
    prometheus = PrometheusApi(f"http://127.0.0.1:{stack.variables['PROMETHEUS_PORT']}")
    # of what was before its first samples it does not know when it was; its grid is of 5 s
    seen = "count_over_time(ollama_proxy_build_info[1m])"
    assert wait_until(lambda: prometheus.query(seen) > 6, WITHIN_SECONDS, 0.2)
    for _ in range(ASKED):
        ask(stack)
    assert wait_until(lambda: told(stack)["lately"]["requests"] == ASKED, WITHIN_SECONDS, 0.5)
    found = told(stack)
    assert {one["part"]: one["is_up"] for one in found["sources"]} == {
        "proxy": True,
        "gpu-exporter": True,
        "prometheus": True,
    }
    assert found["lately"]["generated_tokens"] == ASKED * TOKENS
    assert found["lately"]["ttft_count"] == ASKED
    assert 0 < found["lately"]["ttft_p50_seconds"] < 1
    assert found["lately"]["over_seconds"] > 5
    assert found["proxies_in_prometheus"] == found["proxies_asked"] == 1
    assert found["since_start"]["requests"] == ASKED
    history = found["history"]["generated_tokens_per_second"]
    made = sum(rate for rate in history if rate) * found["history"]["slot_seconds"]
    assert made >= ASKED * TOKENS * 0.9
    assert 0 <= found["host"]["cpu_ratio"] <= 1


def test_it_is_the_same_by_the_name_of_the_machine(stack: Stack) -> None:
    found = told(stack, "--host", "127.0.0.1")
    assert all(one["is_up"] for one in found["sources"])
    assert found["target"] == "127.0.0.1"


def test_a_machine_of_which_nothing_answers_is_exit_code_3(stack: Stack) -> None:
    ports = {"PROXY_CONTROL_PORT", "GPU_EXPORTER_PORT", "PROMETHEUS_PORT"}
    nobody = {name: str(free_port()) for name in ports}
    done = stack.command("top", "--once", "--host", "127.0.0.1", **nobody)
    assert done.returncode == 3
    assert done.stdout.count("connection refused") == 3
    assert "docs/TOP.md" in done.stdout


def test_parts_that_stop_are_shown_so_and_come_back(stack: Stack, tmp_path: Path) -> None:
    def look(seat: Seat) -> None:
        seat.until(lambda text: "Ollama 0.33.0 up" in text and "GPU 0" in text)
        assert stack.command("stop").returncode == 0
        text = seat.until(lambda text: text.count("does not answer") == 3)
        assert "not running: make start" in text
        assert "connection refused" in text
        assert "GPU 0" not in text
        stack.start()
        ask(stack)
        text = seat.until(lambda text: "does not answer" not in text and "GPU 0" in text)
        seat.until("Ollama 0.33.0 up")
        seat.type("q")
        assert seat.end() == 0

    with at_a_screen(["-m", "stack", "top"], stack.environment()) as seat:
        look(seat)
