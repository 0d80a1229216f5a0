"""The rules are valid, do what their scenarios say, and name what there is."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from stack.parts import Address
from stack.places import REPOSITORY
from stack.prometheus.configuration import TEMPLATE, render
from stack.prometheus.rules import RULES, TEMPLATES, from_templates
from stack.settings import StackSettings, parse
from tests.promql import Matcher, alternatives
from tests.promtool import promtool
from tests.rules import (
    OF_TARGETS,
    PROMETHEUS,
    alerts,
    files,
    labels_in,
    parsed,
    recording_rules,
    rules,
    scraped,
    values_of,
)

EXPRESSIONS = recording_rules()
ALERTS = alerts()
CONDITIONS = {**EXPRESSIONS, **{name: alert["expr"] for name, alert in ALERTS.items()}}
DERIVED = {
    "ollama_energy_cost",
    "ollama_hardware_cost",
    "ollama_cost",
    "ollama_paid_api_cost",
    "ollama_emissions_grams",
}
"""What is no metric's own unit: it is made of several. This list is to stay short."""
RECORDED = re.compile(r"[a-z_]+:[a-z0-9_]+:[a-z0-9_]+")
AGGREGATED = re.compile(r"by \(([a-z_, ]+)\)")
QUANTILE = re.compile(r"\S+:(?P<metric>\S+):p\d+_\w+ > (?P<threshold>[\d.]+)")
TEMPLATE_LABEL = re.compile(r"\$labels\.(\w+)")
SEVERITIES = {"critical", "warning", "info"}
ADDRESS = Address("any", "127.0.0.1", 9, "ANY_PORT")


def of_templates(variables: dict[str, str]) -> dict[str, str]:
    return from_templates(REPOSITORY, parse(variables))


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_the_rules_are_valid_and_none_is_there_twice(path: Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(path))


@pytest.mark.parametrize("path", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda p: p.stem)
def test_the_rules_do_what_their_scenarios_say(tmp_path: Path, path: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", str(with_its_groups_alone(path, tmp_path)))


def with_its_groups_alone(path: Path, folder: Path) -> Path:
    """The scenarios, before the groups that they name: promtool evaluates all that it is given."""
    text = path.read_text(encoding="utf-8")
    scenarios = yaml.safe_load(text)
    named = scenarios.get("group_eval_order")
    for of_rules in scenarios["rule_files"]:
        rules = yaml.safe_load((path.parent / of_rules).read_text(encoding="utf-8"))
        rules["groups"] = [one for one in rules["groups"] if not named or one["name"] in named]
        copy = folder / Path(of_rules).name
        copy.write_text(yaml.safe_dump(rules), encoding="utf-8")
        text = text.replace(f"- {of_rules}\n", f"- {copy.name}\n")
    # as text: some of its series read as numbers
    (folder / path.name).write_text(text, encoding="utf-8")
    return folder / path.name


@pytest.mark.parametrize("folder", ["rules", 'own "rules", [a]*? é', "back\\slash $1 @{proxy}"])
def test_prometheus_finds_the_rules_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    for rule_file in files():
        shutil.copy(rule_file, tmp_path / folder)
    text = (REPOSITORY / TEMPLATE).read_text(encoding="utf-8")
    path = tmp_path / "prometheus.yml"
    path.write_text(
        render(text, 5, tmp_path / folder, ADDRESS, None, None, ADDRESS), encoding="utf-8"
    )
    said = promtool("check", "config", str(path))
    found = rules()
    assert f"{len(found)} rule files found" in said
    assert sorted(map(int, re.findall(r"(\d+) rules found", said))) == sorted(
        len(of_file) for of_file in found.values()
    )


def test_what_is_rendered_is_what_the_templates_give_with_the_settings_as_they_come() -> None:
    rendered = of_templates({})
    templates = {path.name for path in (REPOSITORY / TEMPLATES).iterdir()}
    assert {f"{name}.template" for name in rendered} == templates
    for name, text in rendered.items():
        assert (REPOSITORY / RULES / name).read_text(encoding="utf-8") == text, "make rules"


@pytest.mark.parametrize(
    "variables",
    [
        {"SLO_SUCCESS_RATIO": "0.999", "SLO_TTFT_SECONDS": "0.25", "SLO_TTFT_RATIO": "0.94"},
        {"SLO_DURATION_SECONDS": "0.05", "SLO_MINIMUM_REQUESTS": "1"},
        {"PROMETHEUS_RUNBOOK_URL": 'https://wiki.example/a?b="c"&d=\\e{{'},
        {"PROMETHEUS_RULES_TIME_SCALE": "0.0167", "PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "1"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_the_rules_are_valid_with_other_settings(tmp_path: Path, variables: dict[str, str]) -> None:
    for name, text in of_templates(variables).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        promtool("check", "rules", str(tmp_path / name))


@pytest.mark.parametrize("name", CONDITIONS)
def test_an_expression_names_only_series_and_labels_that_exist(name: str) -> None:
    assert parsed(CONDITIONS[name]).selectors


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_an_expression_asks_of_a_label_is_among_its_values(name: str) -> None:
    for selector in parsed(CONDITIONS[name]).selectors:
        for matcher in selector.matchers:
            known = values_of(selector, matcher.label)
            for pattern in patterns_of(matcher):
                found = any(re.fullmatch(pattern, value) for value in known)
                assert found, f"{selector.name}: no {matcher.label} is {pattern}, of {known}"


def patterns_of(matcher: Matcher) -> Iterator[str]:
    """Regular expressions that must each match something."""
    if matcher.op in ("=~", "!~"):
        yield from alternatives(matcher.value)
    else:
        yield re.escape(matcher.value)


def test_an_alert_compares_a_quantile_with_one_of_its_buckets() -> None:
    compared = 0
    for alert in ALERTS.values():
        for found in QUANTILE.finditer(alert["expr"]):
            buckets = scraped()[f"{found['metric']}_bucket"].buckets
            # what lies beyond the last bucket is told as its bound: never more
            assert float(found["threshold"]) in buckets[:-1], alert["alert"]
            compared += 1
        assert "histogram_quantile" not in alert["expr"], "record it, and name it in the alert"
    assert compared == len(re.findall(r":p\d+_", "".join(a["expr"] for a in ALERTS.values())))


@pytest.mark.parametrize("record", EXPRESSIONS)
def test_a_rule_is_named_after_its_labels_and_its_metric(record: str) -> None:
    level, metric, _ = record.split(":")
    expression = EXPRESSIONS[record]
    labels = labels_in(level)
    assert parsed(expression).labels == labels
    for aggregated in AGGREGATED.findall(expression):
        assert set(aggregated.split(", ")) - {"le", *OF_TARGETS} == labels - OF_TARGETS
    quantities = {metric, metric.partition("_per_")[0]}
    names = {of + suffix for of in quantities for suffix in ("", "_total", "_bucket")}
    assert quantities & DERIVED or names & set(scraped())


def test_what_is_derived_is_recorded_and_no_metric() -> None:
    recorded = {record.split(":")[1].partition("_per_")[0] for record in EXPRESSIONS}
    assert recorded >= DERIVED
    assert {name.removesuffix("_total") for name in scraped()} & DERIVED == set()


def test_each_name_is_there_once() -> None:
    names = [rule.get("alert") or rule["record"] for found in rules().values() for rule in found]
    assert sorted(names) == sorted(CONDITIONS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_what_it_means_and_where_to_read_on(name: str) -> None:
    alert = ALERTS[name]
    assert set(alert["labels"]) == {"severity"} and alert["labels"]["severity"] in SEVERITIES
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    summary, description, runbook_url = alert["annotations"].values()
    assert summary and not summary.endswith(".") and description.endswith((".", ". "))
    assert runbook_url == f"{StackSettings().prometheus_runbook_url}#{name.lower()}"


@pytest.mark.parametrize("name", ALERTS)
def test_an_alerts_words_name_only_labels_that_it_has(name: str) -> None:
    alert = ALERTS[name]
    named = set(TEMPLATE_LABEL.findall("".join(alert["annotations"].values())))
    assert named <= (parsed(alert["expr"]).labels or set())


def test_the_readme_says_what_each_recorded_series_is() -> None:
    text = (PROMETHEUS / "README.md").read_text(encoding="utf-8")
    assert set(RECORDED.findall(text)) == set(EXPRESSIONS)
