"""Objectives are read strictly, and judged by what was measured."""

import re
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.runs import plan_for, refused, whole
from traffic.request.attempt import Attempt
from traffic.results.slo import (
    RequestObjectives,
    RunObjectives,
    Slo,
    SloError,
    Verdict,
    judge,
    load_slo,
)
from traffic.results.summary import Summary, summarise

WHOLE = """
request:
  ttft_seconds: 1
  time_per_output_token_seconds: 0.2
  end_to_end_seconds: 30.0
  largest_gap_seconds: 0.5
run:
  goodput_ratio: 0.9
  error_ratio: 0.25
  ttft_seconds: {p50: 0.2, max: 2.0}
"""


def read(directory: Path, text: str) -> Slo:
    path = directory / "slo.yaml"
    path.write_text(text, encoding="utf-8")
    return load_slo(path)


def summary_of(attempts: list[Attempt], slo: Slo) -> Summary:
    return summarise(plan_for(attempts), attempts, 1.0, (), slo.is_good)


def request(**limits: float) -> Slo:
    return Slo(request=RequestObjectives(**limits))


def test_each_objective_gets_a_verdict_with_what_was_expected_and_found(tmp_path: Path) -> None:
    slo = read(tmp_path, WHOLE)
    attempts = [whole(ttft=0.25), whole(ttft=0.25), whole(ttft=1.5), refused()]
    assert judge(slo, summary_of(attempts, slo)) == (
        Verdict("goodput_ratio", "at least 0.9", 0.9, 0.5, is_met=False),
        Verdict("error_ratio", "at most 0.25", 0.25, 0.25, is_met=True),
        Verdict("ttft_seconds p50", "at most 0.2", 0.2, 0.25, is_met=False),
        Verdict("ttft_seconds max", "at most 2", 2.0, 1.5, is_met=True),
    )


def test_an_objective_without_a_figure_is_missed(tmp_path: Path) -> None:
    slo = read(tmp_path, WHOLE)
    verdicts = judge(slo, summary_of([], slo))
    assert {verdict.found for verdict in verdicts} == {None}
    assert not any(verdict.is_met for verdict in verdicts)


@pytest.mark.parametrize(
    ("limits", "is_good"),
    [
        ({"ttft_seconds": 0.25}, True),
        ({"ttft_seconds": 0.2}, False),
        ({"end_to_end_seconds": 1.0}, False),
        ({"time_per_output_token_seconds": 0.11}, True),
        ({"largest_gap_seconds": 0.05}, False),
        ({"ttft_seconds": 0.25, "largest_gap_seconds": 0.05}, False),
    ],
)
def test_a_good_request_meets_every_objective(limits: dict[str, float], is_good: bool) -> None:
    assert request(**limits).is_good(whole(ttft=0.25, gaps=(0.1,) * 10)) is is_good


def test_an_answer_in_one_piece_has_no_gap_to_be_late_with() -> None:
    one = whole(gaps=())
    assert request(largest_gap_seconds=0.1, time_per_output_token_seconds=0.1).is_good(one)


def test_what_nobody_measured_is_not_good() -> None:
    unstreamed = replace(whole(), first_content=None, chunks=0, gaps_seconds=array("d"))
    uncounted = replace(whole(), usage=None)
    assert not request(ttft_seconds=9).is_good(unstreamed)
    assert not request(largest_gap_seconds=9).is_good(unstreamed)
    assert not request(time_per_output_token_seconds=9).is_good(uncounted)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "slo.yaml: expected a mapping of names to values, found None"),
        ("[]", "slo.yaml: expected a mapping of names to values, found []"),
        ("run: {}", "slo.yaml: expected at least one objective below `request` or `run`"),
        ("request: {ttft_seconds: null}", "expected at least one objective"),
        ("runs: {}", "slo.yaml: runs: expected request, run, found 'runs'"),
        ("request: {tfft_seconds: 2}", "request.tfft_seconds: expected ttft_seconds, "),
        ("request: {ttft_seconds: '2'}", "ttft_seconds: expected a valid number, found '2'"),
        ("request: {ttft_seconds: yes}", "ttft_seconds: expected a valid number, found True"),
        ("request: {ttft_seconds: -1}", "ttft_seconds: expected greater than 0, found -1"),
        ("request: {ttft_seconds: .inf}", "ttft_seconds: expected a finite number, found inf"),
        ("request: {ttft_seconds: {p95: 2}}", "expected a valid number, found {'p95': 2}"),
        ("run: {goodput_ratio: 0.9}", "objectives below `request`, which say what goodput_ratio"),
        ("run: {error_ratio: 5}", "run.error_ratio: expected less than or equal to 1, found 5"),
        ("run: {ttft_seconds: 2}", "ttft_seconds: expected a mapping of names to values, found 2"),
        ("run: {ttft_seconds: {p96: 2}}", "run.ttft_seconds.p96: expected 'mean', 'p50', "),
        ("run: {ttft_seconds: {}}", "run.ttft_seconds: expected at least one of mean, p50, "),
        (
            "request: {ttft_seconds: 2, ttft_seconds: 3}",
            "slo.yaml: expected YAML, found in line 1: the key 'ttft_seconds' twice",
        ),
        ("run: [", "slo.yaml: expected YAML, found in line 1: "),
        ("\x00", "slo.yaml: expected YAML, found unacceptable character"),
        ("run: 2024-02-31", "slo.yaml: expected objectives, found YAML of which no value can be"),
        ('run: !!int "abc"', "slo.yaml: expected objectives, found YAML of which no value can be"),
        ('run: !!bool "abc"', "slo.yaml: expected objectives, found YAML of which no value can be"),
        ("run: !!map 5", "slo.yaml: expected "),
        (f"run: {'9' * 5000}", "slo.yaml: expected objectives, found YAML of which no value can"),
        (f"run: 0x{'f' * 5000}", "slo.yaml: expected objectives, found YAML of which no value"),
        ("[" * 5000, "slo.yaml: expected "),
        ("!!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
)
def test_nonsense_is_refused_with_file_key_expected_and_found(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SloError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SloError, match=r"request.a: .*; .*run.b: "):
        read(tmp_path, "request: {a: 1}\nrun: {b: 2}")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(SloError, match=r"cannot read .*missing\.yaml: No such file"):
        load_slo(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"run: \xff")
    with pytest.raises(SloError, match=r"latin\.yaml: expected UTF-8, found invalid start byte"):
        load_slo(tmp_path / "latin.yaml")


def test_every_objective_of_a_run_has_a_figure_in_its_summary() -> None:
    limits: dict[str, Any] = {
        name: {"max": 1e9} if name.endswith("_seconds") else 1.0
        for name in RunObjectives.model_fields
    }
    limits["goodput_ratio"] = 0.0
    slo = Slo.model_validate({"request": {"ttft_seconds": 9.0}, "run": limits})
    thinking = replace(whole(), first_output=2000.0, is_valid=True)
    verdicts = judge(slo, summary_of([thinking], slo))
    assert len(verdicts) == len(limits)
    assert all(verdict.is_met for verdict in verdicts), verdicts


def test_the_example_for_operators_can_be_read_and_so_can_that_of_the_readme(
    tmp_path: Path,
) -> None:
    room = Path(__file__).parents[4] / "services" / "traffic"
    example = load_slo(room / "slo.example.yaml")
    assert example.run.goodput_ratio == 0.95
    (told,) = re.findall(r"```yaml\n(.+?)```", (room / "README.md").read_text("utf-8"), re.DOTALL)
    path = tmp_path / "slo.yaml"
    path.write_text(told, encoding="utf-8")
    assert load_slo(path).request == example.request


def test_the_example_for_operators_names_every_objective() -> None:
    text = (Path(__file__).parents[4] / "services/traffic/slo.example.yaml").read_text("utf-8")
    for model in (RequestObjectives, RunObjectives):
        assert [name for name in model.model_fields if name not in text] == []
