"""Results are whole or absent, never overwrite, hold nothing secret, and can be read back."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from tests.runs import cancelled, plan_for, refused, result, whole
from traffic.bank.questions import Category
from traffic.results.drops import Drop
from traffic.results.results import (
    CSV_NAME,
    JSON_NAME,
    PAGE_NAME,
    Result,
    ResultError,
    encoded,
    folder_name,
    load,
    shown_settings,
    write,
)
from traffic.results.slo import Slo
from traffic.results.summary import summarise
from traffic.settings import TrafficSettings

ATTEMPTS = [
    replace(whole(9), is_warm_up=True),
    whole(0),
    replace(whole(1, at=0.5), is_cold=True, is_valid=True),
    refused(2, at=1.0, detail="no such thing"),
    cancelled(3, at=1.5),
]
SLO = Slo.model_validate({"request": {"ttft_seconds": 1.0}, "run": {"goodput_ratio": 0.5}})


def full() -> Result:
    return result(
        ATTEMPTS,
        drops=[Drop(Category.CODE, "m:1b", 2.0, 1)],
        slo=SLO,
        self_check={"is_valid": False, "reasons": ["late", "busy"], "loop_lag": {"p99": 0.02}},
        server={"ollama": "0.13.1"},
    )


def test_a_result_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = full()
    folder = write(tmp_path / "results", written, "<p>page</p>")
    assert {path.name for path in folder.iterdir()} == {JSON_NAME, CSV_NAME, PAGE_NAME}
    for path in (folder, folder / JSON_NAME):
        assert load(path) == written
    assert load(folder).reasons == ("late", "busy")
    assert (folder / PAGE_NAME).read_text(encoding="utf-8") == "<p>page</p>"
    assert (folder / CSV_NAME).read_text(encoding="utf-8").count("\n") == 1 + len(ATTEMPTS)


def test_figures_can_be_made_again_from_the_records() -> None:
    written = full()
    plan = plan_for(ATTEMPTS)
    again = summarise(plan, written.attempts, 12.5, written.drops, SLO.is_good)
    assert (again.ok, again.failed, again.cancelled, again.dropped, again.warm_up) == (
        2,
        1,
        1,
        1,
        1,
    )
    assert again.goodput is not None
    assert written.summary.goodput is not None
    assert (again.goodput.good, again.goodput.of) == (2, 4)
    assert again.goodput.ratio == written.summary.goodput.ratio
    for name, spread in written.summary.spreads.items():
        assert again.spreads[name].p95 == pytest.approx(spread.p95, rel=1e-4, abs=1e-6)


def test_the_json_has_a_schema_a_version_and_units_in_its_names() -> None:
    plain: dict[str, Any] = json.loads(encoded(full()))
    assert (plain["schema"], plain["version"]) == ("ollama-observe traffic result", 1)
    assert set(plain) == {
        *("schema", "version", "started_at", "plan", "settings", "versions", "server"),
        *("self_check", "summary", "objectives", "drops", "records"),
    }
    assert plain["started_at"] == "2026-11-28T12:45:01.250+00:00"
    assert plain["summary"]["spreads"]["ttft_seconds"]["p50"] == pytest.approx(0.25)
    assert plain["records"][1]["first_content_seconds"] == pytest.approx(0.25)
    assert plain["objectives"][0]["is_met"] is True


def test_no_question_is_in_it() -> None:
    assert b"Why?" not in encoded(full())


def test_passwords_in_addresses_that_nobody_uses_are_not_shown() -> None:
    told = TrafficSettings(portkey_url="http://user:word@127.0.0.1:8787")
    assert shown_settings(told)["portkey_url"] == "http://127.0.0.1:8787"
    assert shown_settings(told)["base_url"] == "http://127.0.0.1:11435"


class WithSecret(TrafficSettings):
    key: SecretStr | None = None


def test_of_a_secret_it_is_shown_only_that_it_is_set() -> None:
    told = WithSecret(key=SecretStr("hunter2"))
    assert shown_settings(told)["key"] == "set"
    assert shown_settings(WithSecret())["key"] is None


def test_the_name_of_a_folder_says_when_what_which_and_by_which_plan() -> None:
    name = folder_name(full())
    assert re.fullmatch(r"20261128T124501Z-demo-m-1b-[0-9a-f]{8}", name)


@pytest.mark.parametrize(
    ("models", "shown"),
    [
        (("qwen3:4b",), "qwen3-4b"),
        (("../../etc/passwd",), "etc-passwd"),
        (("hf.co/a b\x00é",), "hf.co-a-b"),
        (("a:1", "b:2"), "a-1-b-2"),
        (("--", ".."), "model"),
        (("x" * 300,), "x" * 48),
    ],
)
def test_the_name_is_safe_whatever_a_model_is_called(models: tuple[str, ...], shown: str) -> None:
    found = full()
    named = msgspec.structs.replace(found, plan=msgspec.structs.replace(found.plan, models=models))
    assert folder_name(named) == f"20261128T124501Z-demo-{shown}-{found.plan.sha256[:8]}"


def test_a_second_result_of_that_name_gets_a_number(tmp_path: Path) -> None:
    first, second, third = (write(tmp_path, full(), "") for _ in range(3))
    assert second.name == f"{first.name}-2"
    assert third.name == f"{first.name}-3"
    assert load(first) == load(third)


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / folder_name(full())).write_text("mine")
    assert write(tmp_path, full(), "").name.endswith("-2")
    assert (tmp_path / folder_name(full())).read_text() == "mine"


def test_after_a_thousand_of_one_name_there_is_no_other(tmp_path: Path) -> None:
    name = folder_name(full())
    for number in range(1, 1001):
        (tmp_path / (name if number == 1 else f"{name}-{number}")).touch()
    with pytest.raises(FileExistsError, match="1000 results of one name exist"):
        write(tmp_path, full(), "")
    assert len(list(tmp_path.iterdir())) == 1000


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path, full(), "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_others_may_read_a_result(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    folder = write(tmp_path, full(), "")
    assert folder.stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected result.json of a traffic run, found "),
        ("{", "expected result.json of a traffic run, found input data was truncated"),
        ("{oops", "expected result.json of a traffic run, found JSON is malformed"),
        ("[]", "found expected `object`, got `array`"),
        ('{"a": 1}', "found object missing required field `schema`"),
        ('{"schema": "other", "version": 1}', "found the schema 'other'"),
        (
            '{"schema": "ollama-observe traffic result", "version": 2}',
            "expected version 1 of the result, found 2; read it with the version of the generator",
        ),
        (
            '{"schema": "ollama-observe traffic result", "version": 1}',
            "is no whole result: object missing required field",
        ),
    ],
)
def test_what_is_no_result_is_said_clearly(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(text)
    with pytest.raises(ResultError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("check", [{"reasons": 5}, {"remarks": [5]}, {"lost": 5}])
def test_reasons_that_are_no_sentences_are_said(tmp_path: Path, check: dict[str, Any]) -> None:
    plain = json.loads(encoded(full()))
    (tmp_path / JSON_NAME).write_text(json.dumps(plain | {"self_check": check}))
    with pytest.raises(ResultError, match=r"is no whole result: expected `\w+`, got `int`"):
        load(tmp_path)


def test_a_missing_result_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"cannot read .*result\.json: No such file"):
        load(tmp_path)


def test_a_wrong_type_is_said_with_its_place(tmp_path: Path) -> None:
    plain = json.loads(encoded(full()))
    plain["records"][1]["sent_seconds"] = "soon"
    (tmp_path / JSON_NAME).write_text(json.dumps(plain))
    with pytest.raises(ResultError, match=r"expected `float`, got `str` - at `\$\.records\[1\]"):
        load(tmp_path)


def test_a_note_that_is_no_text_is_said(tmp_path: Path) -> None:
    plain = json.loads(encoded(full()))
    plain["settings"]["note"] = ["a"]
    (tmp_path / JSON_NAME).write_text(json.dumps(plain))
    with pytest.raises(ResultError, match=r"expected `str`, got `array` - at `\$\.note`"):
        load(tmp_path)
