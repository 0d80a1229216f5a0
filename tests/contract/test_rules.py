"""The recording rules are valid, do what their scenarios say, and name what there is."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.metric import Kind, Metric
from stack.parts import Address
from stack.places import REPOSITORY
from stack.prometheus.configuration import TEMPLATE, render
from stack.prometheus.rules import RULES
from tests.components import need
from tests.rules import PROMETHEUS, recording_rules, rules

EXPRESSIONS = recording_rules()
SERIES = re.compile(rf"\b(?:[a-z_]+:)?(?:{'|'.join(catalogue.PREFIXES)})[a-z0-9_]+(?::[a-z0-9_]+)?")
DERIVED = {
    "ollama_energy_cost",
    "ollama_hardware_cost",
    "ollama_cost",
    "ollama_paid_api_cost",
    "ollama_emissions_grams",
}
"""What is no metric's own unit: it is made of several. This list is to stay short."""
OF_TARGETS = {"instance"}
"""Labels that Prometheus adds to what it scrapes."""
RECORDED = re.compile(r"[a-z_]+:[a-z0-9_]+:[a-z0-9_]+")
AGGREGATED = re.compile(r"by \(([a-z_, ]+)\)")
ADDRESS = Address("any", "127.0.0.1", 9, "ANY_PORT")


def promtool(*words: str) -> str:
    """What promtool says of something that it finds right."""
    remedy = "install the package prometheus, which brings promtool"
    need("prometheus", shutil.which("promtool") is not None, remedy)
    done = subprocess.run(
        ["promtool", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def scraped() -> dict[str, Metric]:
    """Every series of the catalogue by its name."""
    return {
        metric.name + suffix: metric
        for metric in catalogue.ALL
        for suffix in (("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",))
    }


@pytest.mark.parametrize("path", sorted((PROMETHEUS / "rules").glob("*.yml")), ids=lambda p: p.stem)
def test_the_rules_are_valid_and_none_is_there_twice(path: Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(path))


@pytest.mark.parametrize("path", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda p: p.stem)
def test_the_rules_do_what_their_scenarios_say(path: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", str(path))


@pytest.mark.parametrize("folder", ["rules", 'own "rules", [a]*? é', "back\\slash $1 @{proxy}"])
def test_prometheus_finds_the_rules_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    shutil.copytree(REPOSITORY / RULES, tmp_path / folder)
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


@pytest.mark.parametrize("record", EXPRESSIONS)
def test_an_expression_names_only_series_that_exist(record: str) -> None:
    named = set(SERIES.findall(EXPRESSIONS[record]))
    assert named and named <= {*scraped(), *EXPRESSIONS}


@pytest.mark.parametrize("record", EXPRESSIONS)
def test_a_rule_is_named_after_its_labels_and_its_metric(record: str) -> None:
    level, metric, _ = record.split(":")
    expression = EXPRESSIONS[record]
    labels = set() if level == "stack" else set(level.split("_"))
    for aggregated in AGGREGATED.findall(expression):
        assert set(aggregated.split(", ")) - {"le"} == labels
    named = labels_named_in(expression)
    assert labels <= set().union(*named.values())
    if "group_left" not in expression:  # which is where one series stands for many
        assert all(labels <= named[name] for name in named if name in scraped())
    of = metric.partition("_per_")[0]
    assert of in DERIVED or {of, f"{of}_total", f"{of}_bucket"} & set(scraped())


def labels_named_in(expression: str) -> dict[str, set[str]]:
    """The series that an expression is made of, with the labels that they have."""
    metrics = scraped()
    found = {}
    for name in SERIES.findall(expression):
        if name in metrics:
            found[name] = set(metrics[name].labels) | OF_TARGETS
        else:
            found[name] = set(name.partition(":")[0].split("_"))
    return found


def test_what_is_derived_is_recorded_and_no_metric() -> None:
    recorded = {record.split(":")[1].partition("_per_")[0] for record in EXPRESSIONS}
    assert recorded >= DERIVED
    assert {name.removesuffix("_total") for name in scraped()} & DERIVED == set()


def test_the_readme_says_what_each_recorded_series_is() -> None:
    text = (PROMETHEUS / "README.md").read_text(encoding="utf-8")
    assert set(RECORDED.findall(text)) == set(EXPRESSIONS)
