"""The main job, nothing faked: a real model answers, the proxy measures, Prometheus holds it.

The counts are those that the answers themselves carry, to the last token.
"""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
import pytest

from stack.waiting import wait_until
from tests.prometheus_api import PrometheusApi
from tests.rules import alerts, recording_rules
from tests.stacks import Stack, need_model_and_prometheus, stack_at

MODEL = "smollm2:135m"
QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]
WITHIN_SECONDS = 30.0


@dataclass
class Ledger:
    """What the answers said, added up as a client would."""

    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    prompt_tokens: int = 0
    generated_tokens: int = 0
    first_tokens: int = 0
    durations: int = 0


@dataclass
class Running:
    """A running stack, and the ledger of what was asked of it."""

    stack: Stack
    ledger: Ledger

    def ask(self, path: str, body: dict[str, object]) -> list[bytes]:
        """Send a request through the proxy: the lines of its answer."""
        request = urllib.request.Request(f"{self.stack.url}{path}", json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, lines = answer.status, answer.read().splitlines()
        except urllib.error.HTTPError as error:
            with error:
                status, lines = error.code, error.read().splitlines()
        self.ledger.requests[path, str(status)] += 1
        return [line for line in lines if line]

    def query(self, expression: str) -> float:
        """An instant query; 0 where there is no series."""
        return self.prometheus.query(expression)

    @property
    def prometheus(self) -> PrometheusApi:
        return PrometheusApi(f"http://127.0.0.1:{self.stack.variables['PROMETHEUS_PORT']}")

    def wait_for(self, expression: str, value: float) -> None:
        """Wait until the next scrapes have brought a query to a value."""
        assert wait_until(lambda: self.query(expression) == value, WITHIN_SECONDS, 0.2), (
            f"{expression} is {self.query(expression)}, expected {value}"
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    need_model_and_prometheus()
    variables = {
        "ENGINE": "embedded",
        "GPU_EXPORTER_BACKEND": "demo",
        "GPU_EXPORTER_CURRENCY": "EUR",
        "GPU_EXPORTER_ENERGY_PRICE_PER_KILOWATT_HOUR": "0.3",
    }
    with stack_at(tmp_path_factory.mktemp("whole"), **variables) as stack:
        shown = stack.start(PROMETHEUS_SCRAPE_INTERVAL_SECONDS="1")
        assert "ENGINE=embedded asks for it" in shown
        running = Running(stack, Ledger())
        play(running)
        yield running
        assert stack.command("stop").returncode == 0
        stack.assert_nothing_left()


def play(running: Running) -> None:
    """Every metered format, streamed and not, and some of what is only counted."""
    options = {"num_predict": 9, "seed": 7}
    native: list[tuple[str, dict[str, object]]] = [
        ("/api/chat", {"messages": QUESTION}),
        ("/api/generate", {"prompt": "Name three colours."}),
    ]
    for path, body in native:
        for stream in (True, False):
            asked = {"model": MODEL, "options": options, "stream": stream, **body}
            final = json.loads(running.ask(path, asked)[-1])
            assert final["done"] is True
            note(running.ledger, final["prompt_eval_count"], final["eval_count"], stream)
    for stream in (True, False):
        asked = {"model": MODEL, "messages": QUESTION, "max_tokens": 9, "stream": stream}
        asked["stream_options"] = {"include_usage": True}
        lines = running.ask("/v1/chat/completions", asked)
        payload = lines[-2].removeprefix(b"data: ") if stream else lines[-1]
        usage = json.loads(payload)["usage"]
        note(running.ledger, usage["prompt_tokens"], usage["completion_tokens"], stream)
    running.ask("/api/chat", {"model": "nobody:1b", "messages": QUESTION})
    running.ask("/api/generate", {"model": MODEL})  # loads, generates nothing


def note(ledger: Ledger, prompt: int, generated: int, stream: bool) -> None:
    assert 0 < generated <= 9
    ledger.prompt_tokens += prompt
    ledger.generated_tokens += generated
    ledger.first_tokens += stream
    ledger.durations += 1


def test_every_part_is_scraped(running: Running) -> None:
    running.wait_for('count(up{job=~"proxy|engine|gpu-exporter|prometheus"} == 1)', 4)


def test_requests_are_counted_exactly(running: Running) -> None:
    for (path, status), count in running.ledger.requests.items():
        labels = f'endpoint="{path}",status="{status}",routing="direct",method="POST"'
        running.wait_for(f"sum(ollama_proxy_requests_total{{{labels}}})", count)
    running.wait_for("sum(ollama_proxy_requests_total)", running.ledger.requests.total())


def test_tokens_are_counted_exactly(running: Running) -> None:
    labels = f'{{model="{MODEL}",routing="direct"}}'
    ledger = running.ledger
    running.wait_for(f"ollama_proxy_generated_tokens_total{labels}", ledger.generated_tokens)
    running.wait_for(f"ollama_proxy_prompt_tokens_total{labels}", ledger.prompt_tokens)
    running.wait_for("sum(ollama_proxy_generated_tokens_total)", ledger.generated_tokens)


def test_each_stream_has_one_first_token_and_each_answer_one_duration(running: Running) -> None:
    ttft = "ollama_proxy_time_to_first_token_seconds"
    duration = "ollama_proxy_request_duration_seconds"
    labels = f'{{model="{MODEL}",routing="direct"}}'
    running.wait_for(f"sum({ttft}_count{labels})", running.ledger.first_tokens)
    running.wait_for(f"sum({duration}_count{labels})", running.ledger.durations)
    assert 0 < running.query(f"sum({ttft}_sum)") < running.query(f"sum({duration}_sum)")
    p95 = f"histogram_quantile(0.95, sum by (le) ({ttft}_bucket))"
    assert 0 < running.query(p95) < 60


def test_a_load_is_an_operation_and_no_answer(running: Running) -> None:
    running.wait_for('sum(ollama_proxy_model_operations_total{operation="load"})', 1)


def test_a_model_that_nobody_has_is_an_error_and_no_label(running: Running) -> None:
    running.wait_for('sum(ollama_proxy_errors_total{error_type="upstream_4xx",model="other"})', 1)
    running.wait_for('count({model=~"nobody.*"})', 0)


def test_nothing_is_left_in_flight(running: Running) -> None:
    running.wait_for("sum(ollama_proxy_active_requests)", 0)


def test_the_exporter_sees_the_model_that_answered(running: Running) -> None:
    running.wait_for("ollama_up", 1)
    running.wait_for(f'ollama_loaded_models and on() ollama_model_info{{model="{MODEL}"}}', 1)
    running.wait_for(f'ollama_model_context_limit_tokens{{model="{MODEL}"}} > bool 0', 1)
    running.wait_for("ollama_vram_attribution_level >= bool 2", 1)


def test_the_exporter_reads_this_machine(running: Running) -> None:
    running.wait_for("host_memory_total_bytes", psutil.virtual_memory().total)
    running.wait_for("host_cpus", psutil.cpu_count() or 0)
    running.wait_for('count(host_filesystem_avail_bytes{mountpoint!=""} > 0)', 1)


def test_made_up_cards_are_called_so(running: Running) -> None:
    running.wait_for("exporter_gpu_count", 2)
    running.wait_for('count(gpu_info{vendor="demo"})', 2)
    running.wait_for('count(gpu_energy_joules_total{source!="demo"})', 0)


def test_the_rules_are_loaded_and_record(running: Running) -> None:
    healthy = dict.fromkeys((*recording_rules(), *alerts()), "ok")
    found = wait_until(lambda: running.prometheus.health_of_rules() == healthy, 60, 0.2)
    assert found, running.prometheus.health_of_rules()
    running.wait_for("count(routing:ollama_proxy_requests:rate5m)", 1)
    running.wait_for('count(routing:ollama_proxy_requests:rate5m{routing="direct"})', 1)
    running.wait_for('count({__name__=~".+:.+", routing="portkey"})', 0)


def test_the_traffic_worker_and_prometheus_agree(running: Running) -> None:
    """After what counts exactly: it adds to the counts. What follows needs its tokens."""
    before = running.query("sum(ollama_proxy_generated_tokens_total)")
    asked = running.query('sum(ollama_proxy_requests_total{endpoint="/api/chat",status="200"})')
    command = [sys.executable, "-m", "traffic", "--base-url", running.stack.url]
    done = subprocess.run(
        [*command, "--preset", "quick", "--max-tokens", "16"],
        env=running.stack.environment(),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    words = done.stdout.replace(",", "").split()
    sent = int(words[words.index("requests") - 1])
    generated = int(words[words.index("generated") - 1])
    chats = 'sum(ollama_proxy_requests_total{endpoint="/api/chat",status="200"})'
    running.wait_for(chats, asked + sent)
    running.wait_for("sum(ollama_proxy_generated_tokens_total)", before + generated)


@pytest.mark.parametrize(("level", "labels"), [("stack", ""), ("model", f'{{model="{MODEL}"}}')])
def test_energy_is_divided_by_the_tokens_that_were_generated(
    running: Running, level: str, labels: str
) -> None:
    def growth(counter: str) -> str:
        series = f"{counter}{labels}"
        return f"sum(max_over_time({series}[10m]) - min_over_time({series}[10m]))"

    joules, tokens = "ollama_energy_joules_total", "ollama_proxy_generated_tokens_total"
    recorded = f"sum({level}:ollama_energy_joules_per_generated_tokens:ratio10m{labels})"
    running.wait_for(f"{growth(tokens)} >= bool 100", 1)
    running.wait_for(f"sum(increase({tokens}[3s]))", 0)  # so that what is recorded has them all
    running.wait_for(about(recorded, f"{growth(joules)} / {growth(tokens)}"), 1)


def test_a_million_tokens_have_a_price(running: Running) -> None:
    cost = "currency:ollama_energy_cost_per_million_generated_tokens:ratio10m"
    joules = "stack:ollama_energy_joules_per_generated_tokens:ratio10m"
    running.wait_for(about(f'sum({cost}{{currency="EUR"}})', f"{joules} * 0.3 / 3.6"), 1)


def test_every_joule_of_the_cards_is_somebody_s_or_nobody_s(running: Running) -> None:
    booked = 'sum(ollama_energy_joules_total{component="gpu"})'
    used = "sum(gpu_energy_joules_total)"
    a_second = "sum(rate(gpu_energy_joules_total[5s]))"  # the time between two readings
    running.wait_for(f"{booked} > bool 10 * {a_second}", 1)
    running.wait_for(f"abs({booked} - {used}) <= bool 1.5 * {a_second}", 1)


def about(expression: str, expected: str) -> str:
    """1 where it is what is expected, within a fifth: the latest second is not in all of them."""
    return f"abs({expression} / ({expected}) - 1) < bool 0.2"
