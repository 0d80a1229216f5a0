"""Prometheus's rules, as data, with the scenarios that play them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.utils import floatToGoString

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.metric import Kind, Metric
from ollama_observe.wire.endpoints import ENDPOINTS
from proxy.outcomes import Outcome
from tests.promql import Expression, Labels, PromqlError, Selector, read

PROMETHEUS = Path(__file__).resolve().parents[1] / "prometheus"

OF_TARGETS = frozenset({"instance", "job"})
"""Labels that Prometheus adds to what it scrapes."""
OF_PROMETHEUS = {
    "up": OF_TARGETS,
    "ALERTS": frozenset({"alertname", "alertstate", "severity"}),
}
"""Series that Prometheus itself makes, of those that ours may name, with their labels."""

CLOSED = {
    *("job", "le", "endpoint", "error_type", "status", "phase", "routing", "cache_status"),
    *("cause", "vendor", "operation", "component", "state"),
}
"""Labels that have no other values than those that are known."""
_STATUSES = frozenset(map(str, range(100, 600)))
_WORDS = re.compile(r"`([^`]+)`")
_ALERTS = re.compile(r"\bALERTS\b(?:\{(?P<matchers>[^}]*)\})?")


def files() -> list[Path]:
    """The files of rules that are always there: not a copy of what is optional."""
    found = sorted((PROMETHEUS / "rules").glob("*.yml"))
    return [path for path in found if not (PROMETHEUS / path.name).exists()]


def rules() -> dict[str, list[dict[str, Any]]]:
    """The rules of each file, by its name; alerts are among them."""
    return {
        path.name: [
            rule
            for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
            for rule in group["rules"]
        ]
        for path in files()
    }


@cache
def recording_rules() -> Mapping[str, str]:
    """Recorded series to the expression that it is recorded from."""
    return {
        rule["record"]: rule["expr"]
        for found in rules().values()
        for rule in found
        if "record" in rule
    }


@cache
def alerts() -> Mapping[str, dict[str, Any]]:
    """Alerts by name."""
    return {rule["alert"]: rule for found in rules().values() for rule in found if "alert" in rule}


@cache
def scraped() -> Mapping[str, Metric]:
    """Every series of the catalogue by its name."""
    return {
        metric.name + suffix: metric
        for metric in catalogue.ALL
        for suffix in (("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",))
    }


def labels_of(series: str) -> Labels:
    """The labels that a series has. Raises: PromqlError where there is no such series."""
    if series in OF_PROMETHEUS:
        return OF_PROMETHEUS[series]
    if series in recording_rules():
        return labels_in(series.partition(":")[0])
    if series not in scraped():
        raise PromqlError(f"{series} is no metric of the catalogue, and is not recorded")
    le = {"le"} if series.endswith("_bucket") else set()
    return OF_TARGETS.union(scraped()[series].labels, le)


def labels_in(level: str) -> Labels:
    """The labels that the level of a recorded series' name stands for."""
    if level == "stack":
        return frozenset()
    known = sorted({*catalogue.LABELS, *OF_TARGETS}, key=len, reverse=True)
    for label in known:  # some have an underscore, as what joins them
        if level == label:
            return frozenset({label})
        if level.startswith(f"{label}_"):
            return labels_in(level.removeprefix(f"{label}_")) | {label}
    raise PromqlError(f"{level} is made of no labels that are known")


def parsed(expression: str) -> Expression:
    """An expression of ours. Raises: PromqlError where it names what there is not."""
    return read(expression, labels_of)


def made_of(expression: str) -> set[str]:
    """The scraped series that an expression is made of, also by way of recorded ones."""
    names = {selector.name for selector in parsed(expression).selectors}
    recorded = names & set(recording_rules())
    return (names - recorded).union(*(made_of(recording_rules()[name]) for name in recorded))


def values_of(selector: Selector, label: str) -> frozenset[str]:
    """The values that a label is known to have. Of an open label those that are always there."""
    if label == "job":
        text = (PROMETHEUS / "prometheus.yml.template").read_text(encoding="utf-8")
        return frozenset(re.findall(r"job_name: (\S+)", text))
    metric = scraped().get(selector.name)  # none where it is recorded
    if metric and label == "le":
        bounds = (*metric.buckets, math.inf)
        return frozenset(map(floatToGoString, bounds))
    special = {
        "endpoint": frozenset(endpoint.template for endpoint in ENDPOINTS),
        "error_type": frozenset(outcome.value for outcome in Outcome if outcome.is_error),
        "status": _STATUSES,
        "alertstate": frozenset({"pending", "firing"}),
    }
    described = catalogue.LABELS.get(label, "")
    if metric and ("metric's help" in described or not _WORDS.search(described)):
        described += metric.help
    return special.get(label) or frozenset(_WORDS.findall(described))


@dataclass(frozen=True, slots=True)
class Scenario:
    """A test of promtool's: what goes in, and what is to come out."""

    file: str
    name: str
    series: tuple[str, ...]
    """Its input series, with their labels."""
    checks: tuple[dict[str, Any], ...]
    """What is expected of alerts."""
    queries: tuple[dict[str, Any], ...]
    """What is expected of expressions."""

    @property
    def inputs(self) -> frozenset[str]:
        """Names of its input series."""
        return frozenset(one.partition("{")[0] for one in self.series)

    def checks_of(self, alert: str) -> list[dict[str, Any]]:
        """The checks of one alert, in the order of time as they are written."""
        return [check for check in self.checks if check["alertname"] == alert]

    def is_quiet_about(self, alert: str) -> bool:
        """Whether it looks, at least once, that the alert is not there, and never that it is."""
        if any(check["exp_alerts"] for check in self.checks_of(alert)):
            return False
        return bool(self.checks_of(alert)) or any(
            not query["exp_samples"] and _is_about(query["expr"], alert) for query in self.queries
        )

    def shows(self, series: str) -> bool:
        """Whether it expects a value of a recorded series."""
        name = re.compile(rf"(?<![\w:]){re.escape(series)}(?![\w:])")
        return any(
            name.search(text)
            for query in self.queries
            if query["exp_samples"]
            for text in (query["expr"], *(one.get("labels", "") for one in query["exp_samples"]))
        )


def _is_about(query: str, alert: str) -> bool:
    found = _ALERTS.search(query)
    if found is None:
        return False
    asked = re.search(r'alertname(=~|!=|=)"([^"]*)"', found["matchers"] or "")
    if asked is None:
        return True
    matches = re.fullmatch(asked[2], alert) is not None
    return matches is (asked[1] != "!=")


def scenarios() -> list[Scenario]:
    """All of them, in all files."""
    return [
        Scenario(
            path.name,
            test["name"],
            tuple(one["series"] for one in test["input_series"]),
            tuple(test.get("alert_rule_test", ())),
            tuple(test.get("promql_expr_test", ())),
        )
        for path in sorted((PROMETHEUS / "tests").glob("*.yml"))
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
    ]
