"""A real Alertmanager behind a real Prometheus: who is told of what, and who is not."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from stack.places import REPOSITORY
from stack.prometheus.programs import ALERTMANAGER, PROMETHEUS
from stack.prometheus.sources import on_path
from stack.waiting import wait_until
from tests.components import need
from tests.fakes.server import Call
from tests.ollamas import WrittenOllama, serving
from tests.prometheus_api import PrometheusApi
from tests.stacks import Stack, stack_at

pytestmark = pytest.mark.long

WITHIN_SECONDS = 30.0
KEY = "a-key-in-the-path"
PASSWORD = "hunter2"
# windows of an hour last a minute, of five minutes five seconds
DRILL = {"PROMETHEUS_RULES_TIME_SCALE": "0.0167", "PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "1"}


@dataclass
class Webhook:
    """The script of a server that takes what Alertmanager sends."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)

    async def __call__(self, call: Call) -> None:
        await call.is_read.wait()
        self.authorizations.add(call.header("authorization"))
        self.messages.append(json.loads(call.body))
        await call.answer("200 OK", [], b"")

    def heard(self, name: str, status: str) -> list[dict[str, Any]]:
        """What it was told of one alert."""
        return [
            alert
            for message in list(self.messages)
            for alert in message["alerts"]
            if alert["labels"]["alertname"] == name and alert["status"] == status
        ]


@dataclass
class Running:
    """A stack with an Alertmanager, the Ollama before which it stands, and who is told."""

    stack: Stack
    ollama: WrittenOllama
    webhook: Webhook
    url: str

    def alerts(self) -> dict[str, dict[str, Any]]:
        """Alertmanager's alerts by name."""
        return {alert["labels"]["alertname"]: alert for alert in self.ask("alerts")}

    def ask(self, what: str) -> Any:
        """An answer of Alertmanager's API, which is another than Prometheus's."""
        with urllib.request.urlopen(f"{self.url}/api/v2/{what}", timeout=10) as answer:
            return json.load(answer)

    def wait_for(self, name: str, status: str) -> dict[str, Any]:
        """Wait until the webhook was told."""
        assert wait_until(lambda: bool(self.webhook.heard(name, status)), WITHIN_SECONDS, 0.1), (
            f"{name} is not {status}, told: {self.webhook.messages}, known: {self.alerts()}"
        )
        return self.webhook.heard(name, status)[-1]


def post(url: str, document: object) -> None:
    body, head = json.dumps(document).encode(), {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=10) as answer:
        assert answer.status == 200


def prometheus(stack: Stack) -> PrometheusApi:
    return PrometheusApi(f"http://127.0.0.1:{stack.variables['PROMETHEUS_PORT']}")


def alertmanagers(stack: Stack) -> list[str]:
    """Where Prometheus sends alerts to."""
    return [one["url"] for one in prometheus(stack).ask("alertmanagers")["activeAlertmanagers"]]


def ask(stack: Stack) -> int:
    """A question that nobody answers; its status."""
    body = json.dumps({"model": "m:1b", "messages": []}).encode()
    try:
        with urllib.request.urlopen(f"{stack.url}/api/chat", body, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.fixture(scope="module", autouse=True)
def has_both() -> None:
    for program in (PROMETHEUS, ALERTMANAGER):
        fetched = REPOSITORY / ".local" / program.name / program.name
        is_there = fetched.exists() or on_path(program) is not None
        need(program.name, is_there, f"install the package {program.package}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    ollama, webhook = WrittenOllama(), Webhook()
    with serving(ollama) as upstream, serving(webhook) as server:
        hook = f"http://me:{PASSWORD}@127.0.0.1:{server.port}/{KEY}"
        variables = {"OLLAMA_URL": upstream.url, "ALERTMANAGER_WEBHOOK_URL": hook, **DRILL}
        # as `make start NAME=value` has it
        makes = {"MAKEFLAGS": f" -- ALERTMANAGER_WEBHOOK_URL={hook}"}
        told = {"ALERTMANAGER": "on", **variables, **makes}
        with stack_at(tmp_path_factory.mktemp("alerts"), **told) as stack:
            shown = stack.start()
            assert not {KEY, PASSWORD} & set(shown.replace("/", " ").split())
            port = stack.variables["ALERTMANAGER_PORT"]
            yield Running(stack, ollama, webhook, f"http://127.0.0.1:{port}")
            ollama.instead = None
            assert stack.command("stop").returncode == 0
            stack.assert_nothing_left()


def test_it_is_a_part_like_the_others(running: Running) -> None:
    part = running.stack.status()["alertmanager"]
    assert (part["health"], part["urls"]) == ("ready", [running.url])
    assert "Listening on" in running.stack.command("logs", "alertmanager", "--no-follow").stdout
    assert "already running, nothing changed" in running.stack.start()


def test_prometheus_knows_it(running: Running) -> None:
    expected = [f"{running.url}/api/v2/alerts"]
    assert wait_until(lambda: alertmanagers(running.stack) == expected, WITHIN_SECONDS)


def test_it_listens_at_one_address_and_joins_no_others(running: Running) -> None:
    process = psutil.Process(running.stack.pid("alertmanager"))
    listening = [one.laddr for one in process.net_connections("all") if one.status == "LISTEN"]
    assert [f"http://{ip}:{port}" for ip, port in listening] == [running.url]
    assert running.ask("status")["cluster"]["status"] == "disabled"


def test_what_the_operator_set_is_for_the_operator_alone(running: Running) -> None:
    written = running.stack.state / "run/alertmanager.yml"
    assert KEY in written.read_text()
    assert written.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in json.dumps(running.ask("status"))
    logs = (running.stack.state / "log").glob("*.log")
    for path in (*logs, running.stack.state / "run/plan.json"):
        assert KEY not in path.read_text()
        assert PASSWORD not in path.read_text()


def test_no_process_has_the_webhook_in_its_environment(running: Running) -> None:
    pids = [running.stack.pid(part) for part in running.stack.status()]
    parent = psutil.Process(pids[0]).parent()
    assert parent is not None
    for pid in (*pids, parent.pid):
        environment = json.dumps(psutil.Process(pid).environ())
        assert "PATH" in environment
        assert KEY not in environment
        assert PASSWORD not in environment


def test_an_alert_is_told_with_its_runbook_one_that_follows_from_it_is_not_and_its_end_is(
    running: Running,
) -> None:
    running.ollama.instead = lambda call: b""  # closes every connection
    told = running.wait_for("OllamaDown", "firing")
    assert told["annotations"]["runbook_url"].endswith("RUNBOOK.md#ollamadown")
    assert told["labels"]["severity"] == "critical"
    assert told["generatorURL"].startswith(f"{prometheus(running.stack).url}/graph")
    assert running.webhook.authorizations == {"Basic bWU6aHVudGVyMg=="}

    def follows() -> bool:
        ask(running.stack)
        found = running.alerts().get("ErrorBurnRateFast")
        return found is not None and found["status"]["state"] == "suppressed"

    assert ask(running.stack) == 502
    assert wait_until(follows, WITHIN_SECONDS, 0.1), running.alerts()
    (reason,) = running.alerts()["ErrorBurnRateFast"]["status"]["inhibitedBy"]
    assert reason == running.alerts()["OllamaDown"]["fingerprint"]
    # one that comes later and waits as long is told, so the other has had its turn
    post(f"{running.url}/api/v2/alerts", [{"labels": {"alertname": "X", "severity": "critical"}}])
    running.wait_for("X", "firing")
    assert running.webhook.heard("ErrorBurnRateFast", "firing") == []

    running.ollama.instead = None
    running.wait_for("OllamaDown", "resolved")


@pytest.mark.parametrize(
    ("variables", "targets"),
    [
        ({}, "targets: []"),
        (
            {
                "ALERTMANAGER": "on",
                "ALERTMANAGER_HOST": "am.example",
                "ALERTMANAGER_PORT": "9093",
            },
            "- am.example:9093",
        ),
    ],
    ids=["off", "on another machine"],
)
def test_one_that_is_off_or_elsewhere_is_not_started(
    running: Running, tmp_path: Path, variables: dict[str, str], targets: str
) -> None:
    running.ollama.instead = None
    ollama = running.stack.variables["OLLAMA_URL"]
    with stack_at(tmp_path, OLLAMA_URL=ollama, **variables) as stack:
        shown = stack.start()
        assert ("alerts go to http://am.example:9093" in shown) == bool(variables)
        assert set(stack.status()) == {"proxy", "gpu-exporter", "prometheus"}
        assert not (tmp_path / "alertmanager-data").exists()
        assert not (tmp_path / "run/alertmanager.yml").exists()
        expected = ["http://am.example:9093/api/v2/alerts"] if variables else []
        assert wait_until(lambda: alertmanagers(stack) == expected, WITHIN_SECONDS)
        config = prometheus(stack).ask("status/config")["yaml"]
        assert targets in config.partition("alerting:")[2].partition("rule_files:")[0]


def test_a_file_that_cannot_be_is_a_sentence_and_stops_nothing_that_runs(
    running: Running, tmp_path: Path
) -> None:
    before = running.stack.pid("proxy")
    # the address is one to us, and none to Alertmanager
    hook = f"http://me:{PASSWORD}@127.0.0.1:1/{KEY}/%zz"
    done = running.stack.command("restart", ALERTMANAGER_WEBHOOK_URL=hook)
    assert done.returncode == 1
    assert "does not take prometheus/alertmanager.yml: " in done.stderr
    assert "(the webhook)" in done.stderr
    assert KEY not in done.stderr
    assert PASSWORD not in done.stderr
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("route: {receiver: nobody}\n")
    for path, reason in ((wrong, 'undefined receiver "nobody"'), (tmp_path / "no.yml", "No such")):
        own = {"ALERTMANAGER_CONFIG": str(path), "ALERTMANAGER_WEBHOOK_URL": ""}
        for verb in ("restart", "start"):
            stack = running.stack if verb == "restart" else elsewhere(running, tmp_path)
            done = stack.command(verb, **own)
            assert done.returncode == 1
            assert "ALERTMANAGER_CONFIG" in done.stderr
            assert reason in done.stderr
            assert str(path) in done.stderr
    assert running.stack.pid("proxy") == before
    assert not (tmp_path / "state/log/proxy.log").exists()


def elsewhere(running: Running, folder: Path) -> Stack:
    """A stack that does not run, with the same variables."""
    state = folder / "state"
    return Stack(state, running.stack.variables | {"STACK_STATE_DIR": str(state)})
