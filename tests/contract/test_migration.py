"""What docs/MIGRATION.md promises to users of llama-metrics is there."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from pydantic import TypeAdapter

from dashboard.socket import PATH
from ollama_observe.service.http import Control, Readiness
from ollama_observe.service.settings import fields_of
from proxy.control import create_control
from proxy.settings import ProxySettings
from tests.commands import verbs
from tests.migrations import (
    BY_RULE,
    GONE,
    KEPT,
    RULES,
    Move,
    code_in,
    expressions,
    family,
    moves,
    recorded,
    tables,
)
from tests.promtool import promtool, require_readable
from tests.rules import PROMETHEUS, alerts, parsed, recording_rules, scraped, values_of
from tests.variables import variables
from traffic.settings import TrafficSettings

METRICS = {metric.name: metric for metric in scraped().values()}
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z_0-9]+\b")
FLAG = re.compile(r"--([a-z-]+)")
OPEN = {"chip"}
"""Labels whose values no list has."""


def name_of(move: Move) -> str:
    return move.olds[0].name


def test_each_old_name_is_there_once_with_what_became_of_it() -> None:
    names = [old.name for move in moves() for old in move.olds]
    assert len(names) > 90
    assert sorted(set(names)) == sorted(names)
    assert {move.state for move in moves()} == {KEPT, BY_RULE, GONE}
    assert [move for move in moves() if not move.expressions and not move.difference] == []


@pytest.mark.parametrize("move", moves(), ids=name_of)
def test_an_old_name_is_where_the_note_says_that_it_is(move: Move) -> None:
    brought_back = {family(rule["record"]) for rule in recorded()}
    for old in move.olds:
        assert (old.name in METRICS) is (move.state == KEPT), old.name
        assert (old.name in brought_back) is (move.state == BY_RULE), old.name


@pytest.mark.parametrize("move", [m for m in moves() if m.state == KEPT], ids=name_of)
def test_a_label_that_a_kept_name_has_no_more_is_named(move: Move) -> None:
    for old in move.olds:
        lost = set(old.labels) - set(METRICS[old.name].labels)
        assert lost <= set(code_in(move.difference)), lost


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_names_only_what_there_is(expression: str) -> None:
    for selector in parsed(expression).selectors:
        for matcher in selector.matchers:
            known = values_of(selector, matcher.label)
            is_there = any(re.fullmatch(matcher.value, value) for value in known)
            assert matcher.label in OPEN or is_there, matcher


def test_prometheus_reads_every_expression_and_every_rule(tmp_path: Path) -> None:
    require_readable(expressions(), tmp_path)
    assert "SUCCESS" in promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))


@pytest.mark.parametrize("rule", recorded(), ids=lambda rule: rule["record"])
def test_a_rule_for_an_old_name_keeps_its_labels_and_whose_it_is(rule: dict[str, str]) -> None:
    old = next(o for m in moves() for o in m.olds if o.name == family(rule["record"]))
    le = {"le"} if rule["record"].endswith("_bucket") else set()
    expected = {"instance", "job"} | set(old.labels) - {"streaming"} | le
    assert set(parsed(rule["expr"]).labels or ()) == expected
    assert rule["record"] not in scraped(), "it would stand beside what is measured"


def test_every_rule_for_an_old_name_is_played() -> None:
    text = (PROMETHEUS / "tests" / "llama_metrics_test.yml").read_text(encoding="utf-8")
    shown = set(re.findall(r"expr: (?:round\()?(ollama_proxy_\w+)", text))
    assert shown == {rule["record"] for rule in recorded()}


def test_what_takes_the_place_of_an_alert_is_one() -> None:
    named = [name for row in tables("alerts") for name in code_in(row[1])]
    assert named and set(named) <= set(alerts())
    mentioned = {name for row in tables("alerts") for name in VARIABLE.findall(row[2])}
    assert mentioned <= variables()


def flags(classes: Iterable[type[ProxySettings | TrafficSettings]]) -> set[str]:
    """Every flag of these."""
    return {row["flag"].removeprefix("--") for cls in classes for row in fields_of(cls)}


def test_new_settings_are_settings() -> None:
    of_the_proxy = flags([ProxySettings])
    for row in tables("settings"):
        now = " ".join(row[1:])
        assert set(VARIABLE.findall(now)) <= variables(), row
        assert set(FLAG.findall(row[1])) <= of_the_proxy, row


@pytest.mark.parametrize("row", tables("traffic"), ids=lambda row: row[0])
def test_new_flags_of_traffic_are_flags_and_take_these_values(row: tuple[str, ...]) -> None:
    for text in (text for text in code_in(row[1]) if text.startswith("--")):
        flag, _, value = text.removeprefix("--").partition(" ")
        assert flag in flags([TrafficSettings]), flag
        if value:
            kind = TrafficSettings.model_fields[flag.replace("-", "_")].annotation
            assert kind is not None
            assert TypeAdapter(kind).validate_python(value) == value


def test_new_endpoints_are_endpoints() -> None:
    async def nothing() -> list[object]:
        return []

    control = Control("proxy", Readiness(), CollectorRegistry())
    app = create_control(control, nothing, 1)  # type: ignore[arg-type]
    routes = {getattr(route, "path", "") for route in app.routes} | {PATH}
    named = [path for row in tables("endpoints")[1:] for path in code_in(row[1])]
    assert named and set(named) <= routes


def test_new_verbs_are_verbs() -> None:
    for then, now in tables("verbs"):
        if now == "the same":
            assert set(code_in(then)) <= verbs()
        else:
            assert set(code_in(then)).isdisjoint(verbs()), "it is there: the same"


def test_recorded_series_that_the_note_names_are_recorded() -> None:
    text = " ".join(move.difference for move in moves())
    assert set(re.findall(r"`(\w+:\w+:\w+)`", text)) <= set(recording_rules())
