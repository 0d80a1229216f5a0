"""The sample of Alertmanager's configuration is valid, and names alerts that there are."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.alertmanager.configuration import check, render
from stack.places import REPOSITORY
from stack.prometheus.programs import ALERTMANAGER
from stack.settings import ALERTMANAGER_SAMPLE
from tests.components import need
from tests.rules import rules

SAMPLE = (REPOSITORY / ALERTMANAGER_SAMPLE).read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = yaml.safe_load(SAMPLE)
ALERTS: dict[str, Any] = {rule["alert"]: rule for rule in rules()["alerts.yml"] if "alert" in rule}
MATCHER = re.compile(r'(\w+) (=|=~) "([^"]+)"')
EXAMPLE = re.compile(r"^#(?=  )", re.MULTILINE)
WITH_EXAMPLES = EXAMPLE.sub("", SAMPLE)


@pytest.fixture(scope="module")
def amtool() -> Path:
    found = shutil.which(ALERTMANAGER.tool)
    need("alertmanager", found is not None, "install the package prometheus-alertmanager")
    assert found is not None
    return Path(found)


@pytest.mark.parametrize(
    "text",
    [
        SAMPLE,
        WITH_EXAMPLES,
        render(SAMPLE, "https://me:word@hooks.example/key", 1.0),
        render(WITH_EXAMPLES, "http://127.0.0.1:9/x", 0.0167),
    ],
    ids=["as it is", "with its examples", "with a webhook", "for a drill"],
)
def test_alertmanager_takes_the_sample(amtool: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(text, encoding="utf-8")
    assert check(amtool, path) is None


def test_alertmanager_does_not_take_anything(amtool: Path, tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(SAMPLE.replace("receiver: operator", "receiver: nobody"), encoding="utf-8")
    complaint = check(amtool, path)
    assert complaint is not None
    assert "nobody" in complaint


def test_the_examples_are_of_the_one_receiver_that_there_is() -> None:
    (receiver,) = yaml.safe_load(WITH_EXAMPLES)["receivers"]
    assert set(receiver) == {"name", "webhook_configs", "email_configs", "slack_configs"}


def sides() -> list[tuple[set[str], set[str]]]:
    """Of each rule the alerts that inhibit, and the alerts that are inhibited."""
    return [
        (names_of(rule["source_matchers"]), names_of(rule["target_matchers"]))
        for rule in DOCUMENT["inhibit_rules"]
    ]


def names_of(matchers: list[str]) -> set[str]:
    """The alerts that one matcher means; each of its alternatives means at least one."""
    (text,) = matchers
    found = MATCHER.fullmatch(text)
    assert found is not None, text
    label, operator, value = found.groups()
    assert label == "alertname"
    named: set[str] = set()
    for alternative in value.split("|") if operator == "=~" else [re.escape(value)]:
        meant = {name for name in ALERTS if re.fullmatch(alternative, name)}
        assert meant, f"no alert is called {alternative}"
        named |= meant
    return named


def test_inhibitions_name_alerts_that_there_are() -> None:
    assert all(sources and targets for sources, targets in sides())


def test_no_alert_is_its_own_reason_by_way_of_others() -> None:
    reasons: dict[str, set[str]] = {}
    for sources, targets in sides():
        assert not sources & targets
        for target in targets:
            reasons.setdefault(target, set()).update(sources)
    for name in reasons:
        seen: set[str] = set()
        ahead = set(reasons[name])
        while ahead:
            assert name not in ahead, f"{name} would inhibit itself"
            seen |= ahead
            ahead = {far for near in ahead for far in reasons.get(near, set())} - seen


def test_every_severity_of_an_alert_has_its_route_or_is_the_usual_one() -> None:
    routed = {
        found.group(3)
        for route in DOCUMENT["route"]["routes"]
        for text in route["matchers"]
        if (found := MATCHER.fullmatch(text))
    }
    severities = {rule["labels"]["severity"] for rule in ALERTS.values()}
    assert severities == routed | {"warning"}


@pytest.mark.parametrize(
    ("alert", "labels"),
    [
        ("GPUXid", {"severity": "critical"}),
        ("ModelThrash", {"severity": "warning"}),
        ("LabelOverflow", {"severity": "info"}),
    ],
)
def test_every_route_leads_to_the_operator(
    amtool: Path, alert: str, labels: dict[str, str]
) -> None:
    words = [f"alertname={alert}", *(f"{name}={value}" for name, value in labels.items())]
    sample = str(REPOSITORY / ALERTMANAGER_SAMPLE)
    done = subprocess.run(
        [str(amtool), "config", "routes", "test", f"--config.file={sample}", *words],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "operator"), done.stderr
