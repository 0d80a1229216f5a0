import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client.utils import floatToGoString

from ollama_observe.metrics import buckets
from stack.errors import StackError
from stack.places import REPOSITORY
from stack.prometheus.rules import (
    RULES,
    TEMPLATES,
    from_templates,
    render,
    rewrite,
    scaled,
    source_of,
    write,
)
from stack.request import Request, read_request
from stack.settings import parse
from tests.components import need

ONE_RULE = """\
groups:
  - name: any
    interval: 30s
    rules:
      - alert: Any
        expr: up == 0
        for: 2m
"""
DURATION = re.compile(r"\b\d+(?:ms|[smhdwy])\b")


def repository(folder: Path, **templates: str) -> Path:
    """A repository with nothing but rules."""
    for place in (RULES, TEMPLATES):
        (folder / place).mkdir(parents=True)
    for name, text in templates.items():
        (folder / TEMPLATES / f"{name}.yml.template").write_text(text)
    return folder


def request_at(folder: Path, **variables: str) -> Request:
    return read_request(variables, folder)


def test_a_counters_growth_is_what_increase_sees_and_what_the_counter_began_with() -> None:
    series = 'errors_total{error_type=~"a|b", model!="none"}'
    assert render(f"sum(@{{grown({series}, 15m)}})", parse({})) == (
        f"sum(({series} unless {series} offset 15m "
        f"and (count_over_time({series}[15m]) < on (instance, job) group_left () "
        "max by (instance, job) (sum_over_time(up[15m]))) "
        f"or increase({series}[15m])))"
    )


def test_two_growths_of_one_expression_are_two() -> None:
    text = render('@{grown(a, 5m)} / @{grown(b{c="d"}, 1h)}', parse({}))
    assert "increase(a[5m])" in text and 'increase(b{c="d"}[1h])' in text
    assert "@" not in text


def test_objectives_are_filled_in_and_prometheus_own_words_stay() -> None:
    variables = {"SLO_SUCCESS_RATIO": "0.995", "SLO_TTFT_SECONDS": "2.5", "SLO_TTFT_RATIO": "0.96"}
    template = (
        "@{slo_success_percent} @{errors_fast_ratio} @{errors_slow_ratio} "
        "@{slo_ttft_percent} @{ttft_fast_ratio} @{ttft_slow_ratio} "
        "@{slo_ttft_seconds} @{slo_ttft_bucket} {{ $labels.model }} {{ $value }}"
    )
    assert render(template, parse(variables)) == (
        "99.5 0.072 0.03 96 0.576 0.24 2.5 2.5 {{ $labels.model }} {{ $value }}"
    )


def test_a_number_of_seconds_is_written_as_a_bucket_is_scraped() -> None:
    for name, ladder in (("ttft", buckets.FIRST_TOKEN), ("duration", buckets.LATENCY)):
        for bound in ladder:
            settings = parse({f"SLO_{name.upper()}_SECONDS": str(bound)})
            scraped = floatToGoString(bound)  # type: ignore[no-untyped-call]
            assert render(f"@{{slo_{name}_bucket}}", settings) == scraped


@pytest.mark.parametrize(
    "place",
    ["@{slo_tfft_seconds}", "@{grow(a, 5m)}", "@{grown(a, 5min)}", "@{slo_ttft_seconds", "@{}"],
)
def test_a_name_that_there_is_not_is_refused_with_its_place_and_those_that_there_are(
    place: str, tmp_path: Path
) -> None:
    here = repository(tmp_path, alerts=f"# one\nexpr: {place}\n")
    with pytest.raises(StackError) as refusal:
        from_templates(here, parse({}))
    sentence = str(refusal.value)
    assert sentence.startswith("prometheus/templates/alerts.yml.template, line 2: expected ")
    assert "@{grown(SERIES, 5m)} or @{} around one of slo_success_percent, " in sentence
    assert sentence.endswith(f"; found {place}")


def test_an_at_sign_without_braces_is_a_letter() -> None:
    text = "# ops@example.com, @example\nexpr: up @ end()\n"
    assert render(text, parse({})) == text


def test_rules_that_are_no_text_are_named_with_the_line(tmp_path: Path) -> None:
    here = repository(tmp_path / "here", alerts=ONE_RULE)
    wrong = b"# good\n# b\xe9\n"
    (here / RULES / "own.yml").write_bytes(wrong)
    with pytest.raises(StackError) as refusal:
        write(here, tmp_path / "run", parse({}))
    assert str(refusal.value) == (
        "prometheus/rules/own.yml, line 2: expected UTF-8, found the byte 0xe9"
    )
    (here / TEMPLATES / "alerts.yml.template").write_bytes(wrong)
    with pytest.raises(StackError, match=r"^prometheus/templates/alerts\.yml\.template, line 2: "):
        rewrite(request_at(here), only_compare=True)


def test_a_rendered_file_that_is_no_text_is_behind(tmp_path: Path) -> None:
    here = repository(tmp_path, alerts=ONE_RULE)
    (here / RULES / "alerts.yml").write_bytes(b"\xe9")
    assert rewrite(request_at(here), only_compare=True) == 1
    assert rewrite(request_at(here), only_compare=False) == 0
    assert (here / RULES / "alerts.yml").read_text() == ONE_RULE


def test_what_a_file_of_rules_is_made_of_is_its_template_or_itself(tmp_path: Path) -> None:
    here = repository(tmp_path, alerts=ONE_RULE)
    assert source_of(here, "alerts.yml") == TEMPLATES / "alerts.yml.template"
    assert source_of(here, "own.yml") == RULES / "own.yml"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://wiki.example/runbook", "https://wiki.example/runbook"),
        ('https://wiki.example/a?b="c"&d=\\e', 'https://wiki.example/a?b="c"&d=\\e'),
        ("https://wiki.example/{{a}}", 'https://wiki.example/{{ "{{" }}a}}'),
    ],
)
def test_a_runbook_may_have_any_address(url: str, shown: str) -> None:
    text = render('"@{runbook_url}#any"', parse({"PROMETHEUS_RUNBOOK_URL": url}))
    assert yaml.safe_load(text) == f"{shown}#any"


@pytest.mark.parametrize(
    ("rule", "shortened"),
    [
        ("rate(a[5m])", "rate(a[30000ms])"),
        ("increase(a[1d] offset 1h)", "increase(a[8640000ms] offset 360000ms)"),
        ("        for: 30s\n", "        for: 3000ms\n"),
        ("    interval: 1m\n", "    interval: 6000ms\n"),
        # the step of a subquery stays: what divides by it does
        ("sum_over_time(a[1h:15s]) / 240", "sum_over_time(a[360000ms:15s]) / 240"),
        ("stack:errors:ratio5m > 1", "stack:errors:ratio5m > 1"),
        (
            "          description: Wait for: 5m, or 5m.",
            "          description: Wait for: 5m, or 5m.",
        ),
        ("- record: a:b:rate5m\n", "- record: a:b:rate5m\n"),
    ],
)
def test_windows_and_delays_are_shortened_and_no_names_and_no_words(
    rule: str, shortened: str
) -> None:
    assert scaled(rule, 0.1) == shortened
    assert scaled(rule, 1.0) == rule


def test_every_duration_of_our_rules_is_one_that_is_shortened() -> None:
    for path in sorted((REPOSITORY / RULES).glob("*.yml")):
        for line in scaled(path.read_text(encoding="utf-8"), 0.0167).splitlines():
            if line.lstrip().startswith(("#", "- record:", "description:", "summary:")):
                continue
            left = {found for found in DURATION.findall(line) if not found.endswith("ms")}
            assert left <= {"15s"}, line  # a subquery's step


def test_what_the_operator_says_is_not_shortened() -> None:
    url = "http://h/[5m]"
    settings = parse({"PROMETHEUS_RULES_TIME_SCALE": "0.1", "PROMETHEUS_RUNBOOK_URL": url})
    assert render("a[5m] @{runbook_url}", settings) == f"a[30000ms] {url}"
    assert "increase(a[30000ms])" in render("@{grown(a, 5m)}", settings)


def test_the_age_of_an_error_is_shortened_with_its_window() -> None:
    settings = parse({"PROMETHEUS_RULES_TIME_SCALE": "0.1"})
    assert render("a[15m] < @{xid_seconds}", settings) == "a[90000ms] < 90"


def test_a_folder_gets_what_is_rendered_and_the_operators_own_rules(tmp_path: Path) -> None:
    here = repository(tmp_path / "here", alerts=ONE_RULE)
    (here / RULES / "alerts.yml").write_text("what was rendered long ago")
    (here / RULES / "own.yml").write_text(ONE_RULE)
    (here / RULES / "notes.md").write_text("no rules")
    write(here, tmp_path / "run", parse({"PROMETHEUS_RULES_TIME_SCALE": "0.5"}))
    shortened = scaled(ONE_RULE, 0.5)
    assert {path.name: path.read_text() for path in (tmp_path / "run").iterdir()} == {
        "alerts.yml": shortened,
        "own.yml": shortened,
    }
    assert (here / RULES / "own.yml").read_text() == ONE_RULE


def test_a_file_that_is_gone_is_gone_from_the_folder_too(tmp_path: Path) -> None:
    here = repository(tmp_path / "here", alerts=ONE_RULE)
    own = here / RULES / "own.yml"
    own.write_text(ONE_RULE)
    write(here, tmp_path / "run", parse({}))
    own.unlink()
    write(here, tmp_path / "run", parse({}))
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["alerts.yml"]


def test_the_repositorys_rules_are_rewritten_and_then_in_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = repository(tmp_path, alerts="@{slo_ttft_percent}", objectives=ONE_RULE)
    request = request_at(here)
    assert rewrite(request, only_compare=True) == 1
    assert list((here / RULES).iterdir()) == []
    assert capsys.readouterr().out.splitlines() == [
        "prometheus/rules/alerts.yml is behind: make rules",
        "prometheus/rules/objectives.yml is behind: make rules",
    ]
    assert rewrite(request, only_compare=False) == 0
    assert capsys.readouterr().out.splitlines()[0] == "prometheus/rules/alerts.yml rewritten"
    assert rewrite(request, only_compare=True) == rewrite(request, only_compare=False) == 0
    assert capsys.readouterr().out == ""
    assert from_templates(here, request.settings) == {
        path.name: path.read_text() for path in (here / RULES).iterdir()
    }


def test_the_repositorys_rules_are_of_full_length_whatever_a_drill_wants(tmp_path: Path) -> None:
    here = repository(tmp_path, alerts=ONE_RULE)
    rewrite(request_at(here, PROMETHEUS_RULES_TIME_SCALE="0.1"), only_compare=False)
    assert (here / RULES / "alerts.yml").read_text() == ONE_RULE


@pytest.mark.parametrize(("seconds", "code"), [("5", 0), ("1", 1)])
def test_the_verb_compares_with_the_settings_of_now(seconds: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stack", "rules", "--check"],
        env={"SLO_TTFT_SECONDS": seconds},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("prometheus/rules/alerts.yml is behind: make rules" in done.stdout) is bool(code)


def test_the_verb_asks_for_what_running_needs_and_no_more() -> None:
    need("make", shutil.which("make") is not None, "install make")
    # what it would do where nothing is set up
    asked = ["make", "--dry-run", "--always-make", "-C", str(REPOSITORY), "rules"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True)
    assert "scripts/venv.sh local" in done.stdout
    assert "scripts/venv.sh dev" not in done.stdout
