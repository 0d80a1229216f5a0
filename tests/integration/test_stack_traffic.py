"""The traffic worker as a part of a real stack: it asks by the proxy, and both measure it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from stack.places import REPOSITORY
from stack.prometheus.programs import PROMETHEUS
from stack.prometheus.sources import on_path
from stack.waiting import wait_until
from tests.components import need
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.ollamas import serving
from tests.prometheus_api import PrometheusApi
from tests.stacks import Stack, need_model_and_prometheus, stack_at

pytestmark = pytest.mark.long

WITHIN_SECONDS = 30.0
TTFT = "time_to_first_token_seconds"
OURS, THEIRS = f"traffic_{TTFT}", f"ollama_proxy_{TTFT}"
FAST = {"TRAFFIC": "on", "TRAFFIC_RATE_PER_SECOND": "20", "TRAFFIC_MAX_TOKENS": "8"}
SECOND = {"PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "1"}
ALONE = {"PROMETHEUS": "off", "GPU_EXPORTER": "off"}


@dataclass
class Running:
    """A stack with a worker, before an Ollama that answers at once."""

    stack: Stack
    fake: FakeOllama = field(default_factory=FakeOllama)

    @property
    def prometheus(self) -> PrometheusApi:
        return PrometheusApi(f"http://127.0.0.1:{self.stack.variables['PROMETHEUS_PORT']}")

    def wait_for_targets(self, *jobs: str) -> None:
        """Wait until Prometheus asks the parts of these jobs, and no others."""

        def asks() -> bool:
            found = self.prometheus.ask("targets")["activeTargets"]
            return {one["labels"]["job"] for one in found} == set(jobs)

        assert wait_until(asks, WITHIN_SECONDS, 0.2), self.prometheus.ask("targets")

    def wait_for(self, expression: str, value: float = 1) -> None:
        """Wait until the next scrapes have brought a query to a value."""
        assert wait_until(
            lambda: self.prometheus.query(expression) == value, WITHIN_SECONDS, 0.2
        ), f"{expression} is {self.prometheus.query(expression)}, expected {value}"


def said(stack: Stack, verb: str, *words: str) -> tuple[int, str]:
    """A verb's exit code and all that it printed."""
    done = stack.command(verb, *words)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def worker(stack: Stack) -> dict[str, object]:
    """What the worker does, for programs."""
    found = json.loads(stack.command("traffic-status", "--json").stdout)
    assert isinstance(found, dict)
    return found


def run_of(stack: Stack, figure: str) -> float:
    """A figure of the worker's run."""
    run = worker(stack)["run"]
    assert isinstance(run, dict)
    return float(run[figure])


def asks(stack: Stack, least: int = 1) -> bool:
    """Whether so many answers of its run are whole, within a while."""

    def has_run() -> bool:
        return worker(stack)["run"] is not None and run_of(stack, "ok") >= least

    return wait_until(has_run, WITHIN_SECONDS, 0.2)


def put_back(stack: Stack) -> None:
    """Have the worker ask at its own rate, whatever it did."""
    assert said(stack, "traffic-stop")[0] == 0
    assert said(stack, "traffic-start")[0] == 0


def documented() -> str:
    """What METRICS.md says to ask for a client's time to first token beside the proxy's."""
    text = (REPOSITORY / "docs/METRICS.md").read_text(encoding="utf-8")
    (found,) = re.findall(
        r"^\| Time to first token of clients .* \| `(.+)` \|$", text, re.MULTILINE
    )
    return str(found).replace("\\|", "|")


@pytest.fixture(scope="module", autouse=True)
def has_prometheus() -> None:
    need("prometheus", on_path(PROMETHEUS) is not None, "install the package prometheus")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    fake = FakeOllama(faults=Faults(ttft_seconds=0.01))
    with serving(fake) as upstream:
        told = {"OLLAMA_URL": upstream.url, "GPU_EXPORTER": "off", **SECOND, **FAST}
        with stack_at(tmp_path_factory.mktemp("traffic"), **told) as stack:
            shown = stack.start()
            assert "traffic: " in shown
            assert "make traffic-rate RATE=1" in shown
            yield Running(stack, fake)
            assert stack.command("stop").returncode == 0
            stack.assert_nothing_left()


def test_it_is_a_part_like_the_others_and_asks_the_proxy(running: Running) -> None:
    stack = running.stack
    part = stack.status()["traffic"]
    url = f"http://127.0.0.1:{stack.variables['TRAFFIC_WORKER_PORT']}"
    assert (part["health"], part["urls"]) == ("ready", [f"{url}/metrics"])
    assert "already running, nothing changed" in stack.start()
    environment = psutil.Process(stack.pid("traffic")).environ()
    assert environment["TRAFFIC_BASE_URL"] == stack.url
    assert environment["TRAFFIC_RATE_PER_SECOND"] == "20"
    assert "TRAFFIC_RATE_PER_SECOND" not in psutil.Process(stack.pid("proxy")).environ()
    assert asks(stack)
    assert 'traffic_requests_total{category="' in said(stack, "metrics")[1]
    assert "run_started" in said(stack, "logs", "traffic", "--no-follow")[1]
    assert "traffic: running, poisson at 20.0 questions a second" in said(stack, "status")[1]


def test_prometheus_has_what_the_client_saw_beside_what_the_proxy_saw(running: Running) -> None:
    stack = running.stack
    put_back(stack)
    assert asks(stack, 20)
    running.wait_for('count(up{job=~"proxy|traffic"} == 1)', 2)
    # the documented expression, while it asks
    running.wait_for(f"count({documented()} > 0)", 2)
    assert said(stack, "traffic-stop")[0] == 0
    running.wait_for("traffic_running", 0)
    running.wait_for(f"sum({OURS}_count) == bool sum({THEIRS}_count) and sum({OURS}_count) > 20")
    ours = running.prometheus.query(f"sum({OURS}_sum) / sum({OURS}_count)")
    theirs = running.prometheus.query(f"sum({THEIRS}_sum) / sum({THEIRS}_count)")
    # a client's clock begins before the proxy's and ends after it
    assert ours > theirs > 0.01
    assert said(stack, "traffic-start")[0] == 0


def test_it_stops_paces_and_starts_as_it_is_told(running: Running) -> None:
    stack = running.stack
    put_back(stack)
    code, shown = said(stack, "traffic-rate", "5")
    assert code == 0
    assert shown.startswith("running, poisson at 5.0 questions a second: ")
    assert said(stack, "traffic-start") == (1, "it is running: make traffic-stop first\n")
    code, shown = said(stack, "traffic-stop")
    assert (code, shown[:24]) == (0, "idle, the last run (stop")
    assert said(stack, "traffic-stop")[0] == 0
    assert said(stack, "traffic-rate", "5") == (1, "it is idle: there is no rate to change\n")
    assert stack.status()["traffic"]["health"] == "ready"
    code, shown = said(stack, "traffic-start", "--mix", "rag", "--rate-per-second=30")
    assert code == 0
    assert "poisson at 30.0 questions a second" in shown
    assert "mix rag, smollm2:135m" in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("traffic-rate",), "how many questions a second? make traffic-rate RATE=0.5"),
        (("traffic-rate", ""), "how many questions a second? make traffic-rate RATE=0.5"),
        (("traffic-rate", "0"), "Input should be greater than or equal to 0.000001, found '0'"),
        (("traffic-rate", "-1"), "Input should be greater than or equal to 0.000001, found '-1'"),
        (("traffic-rate", "nan"), "found 'nan'"),
        (("traffic-rate", "fast"), "unable to parse string as a number, found 'fast'"),
        (("traffic-start", "--mixx", "rag"), "unknown setting 'mixx', did you mean mix?"),
        (("traffic-start", "--mix", "none"), "--mix"),
        (("traffic-start", "--base-url", "x"), "base_url is set where the worker is started"),
        (("traffic-start", "--mix"), "as in --mix rag, found --mix"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(
    running: Running, words: tuple[str, ...], sentence: str
) -> None:
    put_back(running.stack)
    if words[0] == "traffic-start":
        running.stack.command("traffic-stop")
    code, shown = said(running.stack, *words)
    assert code == 2
    assert sentence in shown
    assert shown.count("\n") == 1
    assert run_of(running.stack, "failed") == 0


def test_a_restart_brings_it_back_until_it_is_off(running: Running) -> None:
    stack = running.stack
    before = stack.pid("traffic")
    # as when it was named at the start alone
    shown = stack.start("restart", TRAFFIC="")
    assert "starting again: prometheus, proxy, traffic" in shown
    assert stack.pid("traffic") != before
    assert asks(stack)
    stack.start("restart", TRAFFIC="off")
    assert set(stack.status()) == {"prometheus", "proxy"}
    running.wait_for_targets("proxy", "prometheus")
    code, shown = said(stack, "traffic-status")
    assert (code, shown) == (3, "this stack has no traffic worker: make restart TRAFFIC=on\n")
    prometheus = stack.pid("prometheus")
    stack.start()
    assert asks(stack)
    # Prometheus is told of it, and goes on
    assert stack.pid("prometheus") == prometheus
    running.wait_for_targets("proxy", "prometheus", "traffic")


def test_it_asks_nothing_more_before_the_proxy_drains(tmp_path: Path) -> None:
    fake = FakeOllama(faults=Faults(ttft_seconds=1.5))
    with serving(fake) as upstream:
        with stack_at(tmp_path, OLLAMA_URL=upstream.url, **ALONE, **FAST) as stack:
            stack.start()
            assert wait_until(lambda: worker(stack)["state"] == "running", WITHIN_SECONDS)
            assert wait_until(lambda: run_of(stack, "in_flight") > 2, WITHIN_SECONDS)
            shown = stack.command("stop").stdout
            stack.assert_nothing_left()
        assert shown.index("traffic      finishing what is in flight, at most 20s") >= 0
        assert shown.index("traffic      stopped") < shown.index("proxy        stopped")
        log = (tmp_path / "log/traffic.log").read_text()
        (ended,) = [json.loads(line) for line in log.splitlines() if '"run_ended"' in line]
        assert (ended["how"], ended["failed"]) == ("stopped", 0)
        assert ended["ok"] > 2


def test_off_by_default_it_comes_beside_what_runs_and_waits_for_its_model(tmp_path: Path) -> None:
    with serving(FakeOllama()) as upstream:
        with stack_at(tmp_path, OLLAMA_URL=upstream.url, **ALONE) as stack:
            for verb in ("traffic-status", "traffic-stop", "traffic-start"):
                assert said(stack, verb) == (
                    3,
                    "no traffic worker is running: make start TRAFFIC=on\n",
                )
            assert worker(stack) == {"running": False}
            assert "traffic" not in stack.start()[len("Ollama Observe") :].partition("Point")[0]
            assert set(stack.status()) == {"proxy"}
            proxy = stack.pid("proxy")
            stack.start(TRAFFIC="on", TRAFFIC_MODEL="nobody:1b")
            assert stack.pid("proxy") == proxy
            assert wait_until(lambda: worker(stack)["state"] == "waiting", WITHIN_SECONDS)
            code, shown = said(stack, "traffic-status")
            assert code == 1
            assert "has no model nobody:1b; /api/tags offers smollm2:135m" in shown
            assert "traffic: waiting: " in said(stack, "status")[1]
            code, shown = said(stack, "traffic-start", "--model", "smollm2:135m")
            assert (code, "running, poisson at 0.2 questions" in shown) == (0, True)


def test_a_setting_that_it_refuses_ends_a_start_with_its_sentence(tmp_path: Path) -> None:
    with serving(FakeOllama()) as upstream:
        with stack_at(tmp_path, OLLAMA_URL=upstream.url, **ALONE, **FAST) as stack:
            code, shown = said_with(stack, TRAFFIC_MIXX="rag")
            assert code == 2
            assert "unknown setting TRAFFIC_MIXX, did you mean TRAFFIC_MIX?" in shown
            port = {"TRAFFIC_WORKER_PORT": stack.variables["PROXY_PORT"]}
            code, shown = said_with(stack, **port)
            assert (code, "PROXY_PORT and TRAFFIC_WORKER_PORT are both" in shown) == (2, True)
            stack.assert_nothing_left()


def said_with(stack: Stack, **variables: str) -> tuple[int, str]:
    done = stack.command("start", **variables)
    return done.returncode, done.stdout + done.stderr


def test_it_asks_a_real_model(tmp_path: Path) -> None:
    need_model_and_prometheus()
    told = {"ENGINE": "embedded", "GPU_EXPORTER": "off", **SECOND, **FAST}
    # one at a time, however slow it is: the last one ends before the worker does
    told |= {"TRAFFIC_ARRIVAL": "closed", "TRAFFIC_WORKER_DRAIN_SECONDS": "50"}
    with stack_at(tmp_path, **told) as stack:
        stack.start()
        assert asks(stack, 3)
        assert said(stack, "traffic-stop")[0] == 0
        it = Running(stack)
        it.wait_for(f"sum({OURS}_count) == bool sum({THEIRS}_count) and sum({OURS}_count) > 2")
        it.wait_for(f"sum({OURS}_sum) > bool sum({THEIRS}_sum)")
        assert stack.command("stop").returncode == 0
        stack.assert_nothing_left()
