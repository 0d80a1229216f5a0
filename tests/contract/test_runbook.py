"""The runbook has a section for each alert: what the rule says, asking only for what there is."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.metric import Kind
from stack.places import REPOSITORY
from tests.promtool import require_readable
from tests.rules import PROMETHEUS, recording_rules, rules

ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for rule in rules()["alerts.yml"] if "alert" in rule
}
TEXT = (REPOSITORY / "docs" / "RUNBOOK.md").read_text(encoding="utf-8")
README = (PROMETHEUS / "README.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
BEFORE_ALERTS = ["How to use it"]
PARTS = ("**What it means.**", "**How to check.**", "**What to do.**")

WINDOWS = {
    "5m": "five minutes",
    "10m": "ten minutes",
    "15m": "quarter of an hour",
    "30m": "half an hour",
    "1h": "hour",
    "6h": "six hours",
    "1d": "day",
}
THRESHOLDS = {
    "ProxyDown": {"== 0": "could not read", "== 1": "others answer"},
    "OllamaDown": {"== 0": "no answer"},
    "PortkeyDown": {"== 0": "did not answer"},
    "ExporterDown": {"== 0": "could not read"},
    "ErrorBurnRateFast": {"> 0.144": "14.4 %", "> 10": "10 requests"},
    "ErrorBurnRateSlow": {"> 0.06": "6 %", "> 10": "10 requests"},
    "TTFTBurnRateFast": {"> 0.72": "72 %", "> 10": "10 answers"},
    "TTFTBurnRateSlow": {"> 0.3": "30 %", "> 10": "10 answers"},
    "IncompleteStreams": {"> 2.5": "three or more"},
    "StreamStalls": {"> 10": "over 10 s", "> 4.5": "five at least"},
    "RequestsStuck": {"> 0": "requests for answers were in flight"},
    "SuspectedTruncation": {"> 0.5": "at least one prompt"},
    "AbortSpike": {"> 0.3": "30 %", "> 4.5": "five at least"},
    "TokenRateDrop": {"< 0.7": "70 %", "> 4.5": "five answers", "> 9.5": "ten answers"},
    "QueueFull": {"> 0.5": "at least one request"},
    "QueueSaturated": {"> 10": "longer than 10 s", "> 4.5": "five at least"},
    "ModelThrash": {"> 4.5": "five or more models"},
    "ModelReloads": {"> 2.5": "three times or more"},
    "CPUFallback": {
        "> 0": "partly on a gpu",
        "< 1": "only partly",
        "== 0": "not at all",
        ">= 2": "one that can be read",
        "== 1": "the embedded engine",
    },
    "ConfigurationDiffers": {"== 1": "something else is in force (1;"},
    "GPUMemoryHigh": {"> 0.95": "95 %"},
    "GPUThermalThrottle": {"> 0.2": "20 %"},
    "GPUXid": {"< 900": "quarter of an hour"},
    "GPUMissing": {},
    "DiskFullModels": {"< 0.1": "10 %", "< 20": "20 GiB"},
    "KeysFileRefused": {"== 1": "found a mistake"},
    "LabelOverflow": {"> 0.5": "a model or a user came"},
    "ExtractionErrors": {"> 0.5": "at least one answer"},
}
"""What a rule compares with, in the words of its section: one that changes has its words here."""

MATCHERS = {
    "ProxyDown": {'job="proxy"': "read the proxy"},
    "ExporterDown": {'job="gpu-exporter"': "read the exporter"},
    "IncompleteStreams": {
        'model!~"other|none"': "counted as `other`",
        'error_type=~"incomplete_stream|mid_stream|gateway_broke_off"': "broke off",
    },
    "RequestsStuck": {
        'endpoint=~"/api/generate|/api/chat|/v1/chat/completions|/v1/completions|/v1/responses'
        '|/v1/messages"': "embeddings, transcriptions and pulls are no such requests",
        'status!="499"': "but for clients that left",
        'endpoint=~"/v1/(chat/)?completions"': "openai's chat or completions format",
        'phase=~"thinking|answering"': "is thinking or answering",
        'routing!="cache"': "what the answer cache answers is left out",
    },
    "AbortSpike": {'model!="none"': "requests to models"},
    "QueueFull": {'error_type=~"queue_full|proxy_queue_full"': "`proxy_queue_full` by the proxy"},
    "QueueSaturated": {'priority!="low"': "the class `low` is left out"},
    "CPUFallback": {
        'unified_memory="true"': "share the machine's memory",
        'vendor="nvidia"': "but for nvidia's",
        'vendor="demo"': "made-up cards",
        'job="engine"': "the embedded engine",
    },
    "GPUMemoryHigh": {'unified_memory="true"': "share the machine's memory are left out"},
    "GPUThermalThrottle": {'reason=~"hw_thermal|sw_thermal"': "heat held"},
    "GPUXid": {'vendor="demo"': "the demo's"},
    "GPUMissing": {'backend="demo"': "cards were made up"},
}
"""What a rule looks at, and what it leaves out, likewise."""

COMPARED = re.compile(r"(?:[<>]=?|==) \d+(?:\.\d+)?")
MATCHER = re.compile(r'\w+(?:=~|!~|!=|=)"[^"]*"')
WINDOW = re.compile(r"\[(\d+[smhd])\]|:\w*?(?:ratio|_)(\d+[smhd])\b")
ASKED = re.compile(r"\bask '([^']*)'")
SERIES = re.compile(
    rf"\b(?:[a-z_]+:)?(?:{'|'.join(catalogue.PREFIXES)})[a-z0-9_]+(?::[a-z0-9_]+)?\b(?!=)"
)
LABELS = re.compile(r"[{,(]\s*(\w+)\s*(?:=~|!~|!=|=)|by \(([\w, ]+)\)")
FIRING = {"alertname", "alertstate", "instance", "job"}
"""Labels that Prometheus adds."""


def section(alert: str) -> str:
    """What the runbook says of one alert, with its words in one line."""
    return TEXT.partition(f"\n## {alert}\n")[2].partition("\n## ")[0]


def meaning(alert: str) -> str:
    return words(section(alert).partition(PARTS[1])[0])


def words(text: str) -> str:
    return " ".join(text.split()).lower()


def series() -> dict[str, set[str]]:
    """All that Prometheus has, with the labels that it has."""
    found = {
        metric.name + suffix: {*metric.labels, *({"le"} if suffix == "_bucket" else ())}
        for metric in catalogue.ALL
        for suffix in (("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",))
    }
    return found | {
        record: set(record.partition(":")[0].split("_")) for record in recording_rules()
    }


def test_each_alert_has_its_section_and_each_section_its_alert_in_the_same_order() -> None:
    assert [*BEFORE_ALERTS, *ALERTS] == HEADINGS


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_links_to_its_section(alert: str) -> None:
    assert ALERTS[alert]["annotations"]["runbook_url"] == f"docs/RUNBOOK.md#{alert.lower()}"


@pytest.mark.parametrize("alert", ALERTS)
def test_a_section_says_what_it_means_how_to_check_and_what_to_do(alert: str) -> None:
    text = section(alert)
    places = [text.find(part) for part in PARTS]
    assert -1 not in places and places == sorted(places)
    assert f"<!-- generated: {alert} -->" in text  # severity and delay
    assert "```sh\n" in text


@pytest.mark.parametrize("alert", ALERTS)
def test_a_section_names_the_thresholds_and_windows_of_its_rule(alert: str) -> None:
    expression = ALERTS[alert]["expr"]
    assert set(COMPARED.findall(expression)) == set(THRESHOLDS[alert])
    windows = {a or b for a, b in WINDOW.findall(expression)}
    expected = {*THRESHOLDS[alert].values(), *(WINDOWS[window] for window in windows)}
    assert [each for each in expected if words(each) not in meaning(alert)] == []


@pytest.mark.parametrize("alert", ALERTS)
def test_a_section_says_what_its_rule_looks_at_and_leaves_out(alert: str) -> None:
    matchers = MATCHERS.get(alert, {})
    assert set(MATCHER.findall(ALERTS[alert]["expr"])) == set(matchers)
    assert [each for each in matchers.values() if words(each) not in meaning(alert)] == []


def test_links_within_the_runbook_lead_to_sections() -> None:
    anchors = {heading.lower().replace(" ", "-") for heading in HEADINGS}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


@pytest.mark.parametrize("query", dict.fromkeys(ASKED.findall(TEXT)))
def test_a_query_names_only_series_and_labels_that_exist(query: str) -> None:
    known = series()
    named = SERIES.findall(query)
    assert [name for name in named if name not in known] == []
    assert named or "ALERTS" in query
    told = {
        label.strip()
        for one, several in LABELS.findall(query)
        for label in (one, *several.split(","))
        if label.strip()
    }
    assert told <= FIRING.union(*(known[name] for name in named))


ONE = '{"status": "success", "data": {"resultType": "vector", "result": [%s]}}'


@pytest.mark.parametrize(
    ("answer", "printed", "complaint"),
    [
        (ONE % '{"metric": {"gpu": "0"}, "value": [1, "0.5"]}', "{'gpu': '0'} 0.5\n", ""),
        (ONE % '{"metric": {}, "values": [[1, "2"], [2, "3"]]}', "{} 2\n{} 3\n", ""),
        (ONE % "", "", ""),
        (
            '{"status": "success", "data": {"resultType": "scalar", "result": [1, "7"]}}',
            "{} 7\n",
            "",
        ),
        ('{"status": "error", "error": "parse error: no"}', "", "parse error: no\n"),
        ("<html>", "", "no Prometheus answers at localhost:9090: make status\n"),
        ("[]", "", "no Prometheus answers at localhost:9090: make status\n"),
        (None, "", "no Prometheus answers at localhost:9090: make status\n"),
    ],
    ids=["vector", "range", "nothing", "scalar", "error", "another", "other JSON", "nobody"],
)
def test_what_is_pasted_says_what_prometheus_does(
    answer: str | None, printed: str, complaint: str, tmp_path: Path
) -> None:
    (function,) = re.findall(r"^ask\(\) \{.*?^\}$", TEXT, re.MULTILINE | re.DOTALL)
    curl = tmp_path / "curl"
    said = "exit 7" if answer is None else f"cat <<'END'\n{answer}\nEND"
    curl.write_text(f"#!/bin/sh\n{said}\n", encoding="utf-8")
    curl.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", f"{function}\nPATH={tmp_path}:$PATH; ask 'up'"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.stderr) == (printed, complaint)


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    require_readable(ASKED.findall(TEXT), tmp_path)


@pytest.mark.parametrize("alert", ALERTS)
def test_the_readme_of_prometheus_has_each_alert_as_the_rule_has_it(alert: str) -> None:
    rule = ALERTS[alert]
    (row,) = re.findall(
        rf"^\| \[{alert}\]\(([^)]+)\) \| (\w+) \| ([^|]*) \| (.+) \|$", README, re.M
    )
    link, severity, delay, when = row
    assert link == f"../docs/RUNBOOK.md#{alert.lower()}"
    assert (severity, delay.strip()) == (rule["labels"]["severity"], rule.get("for", ""))
    assert when


def test_the_readme_has_the_alerts_in_the_order_of_the_rules() -> None:
    assert re.findall(r"^\| \[(\w+)\]\(\.\./docs/RUNBOOK", README, re.MULTILINE) == list(ALERTS)
