import json
from dataclasses import replace
from pathlib import Path

from stack.parts import Address, Part
from stack.plan import Plan, changed, digests

PART = Part(
    "proxy", ("python", "-m", "proxy"), (Address("proxy", "127.0.0.1", 1, "PROXY_PORT"),), "u", 1, 2
)
PLAN = Plan(
    (PART,),
    "because",
    ("note",),
    {"PROXY_PORT": "x"},
    ("portkey", "proxy"),
    gateway="http://127.0.0.1:2",
    api_url="http://127.0.0.1:3",
)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    PLAN.save(tmp_path)
    assert Plan.load(tmp_path) == PLAN


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    PLAN.save(tmp_path)
    assert (tmp_path / "plan.json").stat().st_mode & 0o777 == 0o600


def test_a_plan_that_is_not_there_or_broken_is_none(tmp_path: Path) -> None:
    assert Plan.load(tmp_path) is None
    (tmp_path / "plan.json").write_text('{"parts": [')
    assert Plan.load(tmp_path) is None
    (tmp_path / "plan.json").write_text("[]")
    assert Plan.load(tmp_path) is None


def test_values_are_not_kept_only_that_they_changed(tmp_path: Path) -> None:
    before, now = digests({"PROXY_KEY": "hunter2", "PROXY_PORT": "1"}), digests({"PROXY_PORT": "2"})
    assert "hunter2" not in str(before)
    assert changed(before, now) == ["PROXY_PORT", "PROXY_KEY"]
    assert changed(before, before) == []


def test_a_variable_set_to_nothing_is_no_change() -> None:
    assert changed(digests({}), digests({"PROXY_PORT": ""})) == []


def test_what_a_part_was_told_is_not_kept(tmp_path: Path) -> None:
    part = replace(PART, environment={"PROXY_KEY": "hunter2"})
    replace(PLAN, parts=(part,)).save(tmp_path)
    assert "hunter2" not in (tmp_path / "plan.json").read_text()
    assert Plan.load(tmp_path) == PLAN


def test_a_part_is_found_by_its_name() -> None:
    assert PLAN.part("proxy") is PART
    assert PLAN.part("engine") is None


def test_a_plan_of_an_earlier_version_is_none(tmp_path: Path) -> None:
    PLAN.save(tmp_path)
    saved = json.loads((tmp_path / "plan.json").read_text())
    del saved["wished"]
    (tmp_path / "plan.json").write_text(json.dumps(saved))
    assert Plan.load(tmp_path) is None
