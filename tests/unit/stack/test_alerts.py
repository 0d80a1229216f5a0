import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stack.alerts import FIRING, QUIET, alerts, lines, printable, shown
from stack.errors import NoAlertsError
from stack.prometheus.alerting import Alert, Findings
from stack.request import Request, read_request
from tests.answering import answering
from tests.ports import free_port

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
URL = "http://127.0.0.1:9090"


@contextlib.contextmanager
def prometheus(tmp_path: Path, status: int, body: bytes) -> Iterator[Request]:
    """Serve one answer to whoever asks for the rules, and name the server by the settings."""
    with answering(status, body, "/api/v1/rules") as url:
        yield read_request({"PROMETHEUS_PORT": url.rpartition(":")[2]}, tmp_path)


def rules(*active: dict[str, Any], **fields: Any) -> bytes:
    """A Prometheus's answer with one alert, which is active so many times."""
    rule = {"type": "alerting", "name": "ModelReloads", "duration": 0, "health": "ok"}
    group = {"rules": [rule | {"alerts": list(active)} | fields]}
    return json.dumps({"status": "success", "data": {"groups": [group]}}).encode()


def active(state: str = "firing", model: str = "smollm2:135m") -> dict[str, Any]:
    return {
        "labels": {"alertname": "ModelReloads", "severity": "warning", "model": model},
        "annotations": {
            "summary": f"{model} is loaded again",
            "description": f"{model} was loaded 3 times.",
            "runbook_url": "docs/RUNBOOK.md#modelreloads",
        },
        "state": state,
        "activeAt": "2026-11-28T12:00:00Z",
        "value": "3e+00",
    }


def alert(name: str = "OllamaDown", state: str = "firing", **labels: str) -> Alert:
    return Alert(name, state, "critical", NOON, 60, "0", labels, "Down", "No answer.", "R#down")


def test_what_fires_is_shown_with_its_labels_and_the_runbook_and_is_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with prometheus(tmp_path, 200, rules(active())) as request:
        assert alerts(request) == FIRING == 1
    out = capsys.readouterr().out
    assert out.startswith("1 firing (1 alerts, Prometheus at http://127.0.0.1:")
    assert 'model="smollm2:135m"' in out
    assert "smollm2:135m is loaded again. smollm2:135m was loaded 3 times." in out
    assert "What to do: docs/RUNBOOK.md#modelreloads" in out


def test_nothing_is_said_as_nothing_and_is_exit_code_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with prometheus(tmp_path, 200, rules()) as request:
        assert alerts(request) == QUIET == 0
    out = capsys.readouterr().out
    assert out.startswith("no alert is firing (1 alerts, Prometheus at ")
    assert out.count("\n") == 1


def test_what_only_is_about_to_fire_is_exit_code_0(tmp_path: Path) -> None:
    with prometheus(tmp_path, 200, rules(active("pending"))) as request:
        assert alerts(request) == QUIET


def test_a_rule_that_cannot_be_evaluated_is_not_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = rules(health="err", lastError="many-to-many\x1b[2J")
    with prometheus(tmp_path, 200, body) as request:
        assert alerts(request) == FIRING
    assert capsys.readouterr().err == "ModelReloads cannot be judged: many-to-many\\x1b[2J\n"


def test_what_was_not_judged_yet_is_not_quiet(tmp_path: Path) -> None:
    with prometheus(tmp_path, 200, rules(health="unknown")) as request:
        assert alerts(request) == FIRING


def test_programs_get_the_same_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with prometheus(tmp_path, 200, rules(active(model="a\x1b"))) as request:
        assert alerts(request, as_json=True) == FIRING
    out = capsys.readouterr().out
    assert "\x1b" not in out
    found = json.loads(out)
    assert (found["running"], found["known"], found["failed"]) == (True, 1, {})
    (only,) = found["alerts"]
    assert only["labels"] == {"model": "a\x1b"}
    assert only["since"] == "2026-11-28T12:00:00+00:00"
    assert only["runbook_url"] == "docs/RUNBOOK.md#modelreloads"


def test_no_stack_and_no_prometheus_is_exit_code_3_also_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = read_request({"PROMETHEUS_PORT": str(free_port())}, tmp_path)
    with pytest.raises(NoAlertsError, match=r"^not running: make start$") as raised:
        alerts(request, as_json=True)
    assert raised.value.exit_code == 3
    assert json.loads(capsys.readouterr().out) == {"running": False, "alerts": []}


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, b"Service Unavailable", "is not ready yet: it answers 503"),
        (200, b"Ollama is running", "is no Prometheus: status 200"),
        (200, b'{"status":"success","data":{"groups":[]}}', "has no alerts: prometheus/README.md"),
    ],
)
def test_who_cannot_tell_is_named_with_what_was_found(
    tmp_path: Path, status: int, body: bytes, words: str
) -> None:
    with prometheus(tmp_path, status, body) as request, pytest.raises(NoAlertsError, match=words):
        alerts(request)


def test_rows_line_up_and_say_since_when_for_how_long_and_of_what() -> None:
    found = Findings((alert(model="a b"), alert("ProxyDown", "pending")), 26, 0, {})
    shown_lines = list(lines(URL, found, NOON + timedelta(seconds=75)))
    assert shown_lines[0] == f"1 firing, 1 pending (26 alerts, Prometheus at {URL})"
    head, first, second = shown_lines[1:4]
    since = NOON.astimezone().isoformat(" ", "seconds")[:19]
    assert first.split("  ")[-1] == 'model="a b"'
    assert first[head.index("SINCE") :].startswith(f"{since}  1m 15s  ")
    assert {line.index("critical") for line in (first, second)} == {head.index("SEVERITY")}


def test_of_what_is_about_to_fire_is_said_how_long_it_must_last() -> None:
    said = "    It fires once this has lasted for 1m 0s."
    assert said in list(lines(URL, Findings((alert(state="pending"),), 1, 0, {}), NOON))
    assert said not in list(lines(URL, Findings((alert(),), 1, 0, {}), NOON))


@pytest.mark.parametrize(
    ("summary", "description", "said"),
    [
        ("", "", []),
        ("Down", "", ["    Down."]),
        ("", "No answer.", ["    No answer."]),
        ("Down", "No answer.", ["    Down. No answer."]),
    ],
)
def test_an_alert_says_what_it_has_to_say_and_no_more(
    summary: str, description: str, said: list[str]
) -> None:
    words = replace(alert(), summary=summary, description=description, runbook_url="")
    shown_lines = list(lines(URL, Findings((words,), 1, 0, {}), NOON))
    assert shown_lines[shown_lines.index("  OllamaDown") + 1 :] == said


def test_alerts_of_one_name_share_a_paragraph() -> None:
    found = Findings((alert(model="a"), alert(model="b")), 1, 0, {})
    assert list(lines(URL, found, NOON)).count("    What to do: R#down") == 1


def test_a_prometheus_that_has_just_begun_is_told_from_one_where_all_is_well() -> None:
    assert "  26 of them were not judged yet: Prometheus has just begun" in list(
        lines(URL, Findings((), 26, 26, {}), NOON)
    )


def test_a_name_cannot_move_the_terminal_s_cursor_or_turn_its_lines_round() -> None:
    name = 'x"\x1b[2J\n\x9b1A\u202e\u2028é模'
    found = Findings((alert(model=name, **{"la\x1bbel": "y"}),), 1, 0, {})
    text = "".join(lines(URL, found, NOON))
    assert all(letter.isprintable() for letter in text)
    assert "é模" in text
    assert printable(shown({"model": name})) == (
        'model="x\\"\\u001b[2J\\n\\x9b1A\\u202e\\u2028é模"'
    )
