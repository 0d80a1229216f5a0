"""`make audit` says what is known of what is pinned, and never "nothing" where nobody was asked."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from supply import audit, command, findings, locks
from supply.audit import Services
from supply.findings import CLEAN, FOUND, NOT_ASKED, Answer, Explained, Finding, judged
from tests.advisories import Advisories, advisories
from tests.components import need
from tests.ports import free_port

TODAY = date(2026, 12, 1)
FLAW = Finding("certifi", "1", ("PYSEC-1", "CVE-1"), "trusts too much", "mended in 2")
PYTHON = {
    "jinja2": {
        "id": "GHSA-made-up",
        "schema_version": "1.4.0",
        "published": "2026-11-01T00:00:00Z",
        "modified": "2026-11-01T00:00:00Z",
        "aliases": ["CVE-2026-1"],
        "summary": "A made-up flaw",
        "affected": [
            {
                "package": {"name": "jinja2", "ecosystem": "PyPI"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}
                ],
            }
        ],
    }
}
NPM = {
    "hono": {
        "id": 1,
        "url": "http://127.0.0.1/advisories/GHSA-of-hono",
        "title": "Another",
        "severity": "high",
        "vulnerable_versions": "<99",
    }
}


@pytest.fixture(scope="module")
def service() -> Iterator[Advisories]:
    with advisories(PYTHON, NPM) as running:
        yield running


@pytest.fixture(scope="module")
def of_python(service: Advisories) -> Answer:
    return audit.of_python(Services(service.osv_url, service.url))


def test_every_pinned_package_is_asked_about_whatever_system_it_is_for(
    service: Advisories, of_python: Answer
) -> None:
    assert not of_python.unanswered
    assert locks.all_pins().keys() <= service.asked
    assert "pywin32" in {name.partition("==")[0] for name in service.asked}


def test_what_is_known_of_a_package_is_told_with_its_remedy(of_python: Answer) -> None:
    (found,) = of_python.findings
    assert (found.package, found.remedy) == ("jinja2", "mended in 99.1")
    assert {"GHSA-made-up", "CVE-2026-1"} <= set(found.names)
    lines, code = judged([of_python], [], TODAY)
    assert code == FOUND
    assert lines[0].startswith("jinja2 ")
    assert lines[0].endswith("mended in 99.1: A made-up flaw")


def test_the_gateway_and_what_is_vendored_are_asked_about(service: Advisories) -> None:
    need("node", shutil.which("npm") is not None, "install Node.js with npm")
    answer = audit.of_npm(Services(service.osv_url, service.url))
    assert {"npm:hono", "npm:@portkey-ai/gateway", "npm:uplot"} <= service.asked
    assert "GHSA-of-hono" in {one.names[0] for one in answer.findings if one.package == "hono"}


def test_nobody_who_answers_is_no_clean_result(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    code = command.main(["audit", "--osv-url", nobody, "--npm-registry", nobody])
    said = capsys.readouterr().out.splitlines()
    assert code == NOT_ASKED
    assert len(said) == 2
    for who, line in zip(("python", "npm"), said, strict=True):
        assert line.startswith(f"{who}: NOT AUDITED: no answer about")


def test_packages_that_were_skipped_are_no_clean_result() -> None:
    # pip-audit's own exit code is 0, then
    report = {"dependencies": [{"name": "a", "skip_reason": "not found"}]}
    answer = findings.of_pip_audit(report, {"a": "1", "b": "2"})
    assert set(answer.unanswered) == {"a", "b"}
    assert judged([answer], [], TODAY) == (
        [
            "python: NOT AUDITED: no answer about 2 of 2 packages, so nothing is known of them "
            "(it is not in the answer)"
        ],
        NOT_ASKED,
    )


def test_an_error_of_npm_s_registry_is_no_clean_result() -> None:
    answer = findings.of_npm_audit({"message": "405 Method Not Allowed"}, {"hono": "1"})
    assert judged([answer], [], TODAY)[1] == NOT_ASKED


def test_what_was_found_goes_before_what_was_not_told() -> None:
    answers = [Answer("python", 1, (FLAW,)), findings.unasked("npm", ["hono"], "offline")]
    assert judged(answers, [], TODAY)[1] == FOUND
    assert judged(answers[::-1], [], TODAY)[1] == FOUND


def test_nothing_known_of_anything_is_clean() -> None:
    lines, code = judged([Answer("python", 3)], [], TODAY)
    assert (lines, code) == (["python: 3 packages asked about: no known vulnerability"], CLEAN)


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
def test_an_explanation_holds_until_its_day_by_any_of_the_names(name: str) -> None:
    explained = [Explained(name, "certifi", "not called", TODAY)]
    answers = [Answer("python", 3, (FLAW,))]
    lines, code = judged(answers, explained, TODAY)
    assert code == CLEAN
    assert lines[0] == "certifi 1: PYSEC-1, explained until 2026-12-01: not called"
    lines, code = judged(answers, explained, date(2026, 12, 2))
    assert code == FOUND
    assert "what explained it ended on 2026-12-01" in lines[0]


def test_an_explanation_of_what_nobody_tells_is_named() -> None:
    explained = [Explained("CVE-9", "gone", "not called", TODAY)]
    lines, code = judged([Answer("python", 3)], explained, TODAY)
    assert code == CLEAN
    assert lines[-1] == "supply/exceptions.toml explains CVE-9 of gone, which nobody tells now"


def test_the_exceptions_of_the_repository_can_be_read() -> None:
    text = (locks.REPOSITORY / "supply/exceptions.toml").read_text(encoding="utf-8")
    assert all(one.why and one.until for one in findings.exceptions(text))


def test_an_exception_is_read_as_the_file_shows_it() -> None:
    text = (locks.REPOSITORY / "supply/exceptions.toml").read_text(encoding="utf-8")
    shown = "\n".join(
        line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   ")
    )
    (one,) = findings.exceptions(shown)
    assert (one.package, one.until) == ("example", date(2027, 1, 31))


def test_what_is_vendored_stands_in_the_lock_that_npm_is_given() -> None:
    folder = locks.REPOSITORY / "portkey"
    texts = [(folder / name).read_text() for name in ("package.json", "package-lock.json")]
    manifest, lock = audit.with_vendored(texts[0], texts[1], {"u": "1.2"}, {"u": "sha512-x"})
    assert json.loads(manifest)["dependencies"]["u"] == "1.2"
    assert json.loads(lock)["packages"]["node_modules/u"]["integrity"] == "sha512-x"
    assert "u" not in json.loads(Path(folder / "package.json").read_text())["dependencies"]
