import re
import shutil
import tempfile
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.places import REPOSITORY
from stack.prometheus.promtool import check, prepare, require
from stack.prometheus.rules import RULES, TEMPLATES
from stack.prometheus.sources import Binary
from stack.request import Request, read_request
from tests.components import need

RULE = """\
groups:
  - name: any
    rules:
      - record: a:b:c
        expr: {}
"""


@pytest.fixture
def promtool() -> Path:
    found = shutil.which("promtool")
    need("prometheus", found is not None, "install the package prometheus")
    return Path(str(found))


def asked(folder: Path, **files: str) -> Request:
    """A repository with rules alone: `of_template` is a template, the rest lie as they are."""
    for place in (RULES, TEMPLATES):
        (folder / place).mkdir(parents=True)
    for name, text in files.items():
        is_template = name.startswith("of_template")
        path = TEMPLATES / f"{name}.yml.template" if is_template else RULES / f"{name}.yml"
        (folder / path).write_text(text)
    return read_request({}, folder)


@pytest.mark.usefixtures("promtool")
def test_rules_that_are_right_are_taken_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(tmp_path / "here", mine=RULE.format("sum(up)"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    require(request)
    assert list(temporary.iterdir()) == []
    assert not request.places.state.exists()


@pytest.mark.usefixtures("promtool")
def test_rules_that_prometheus_does_not_take_are_named_as_they_lie_in_the_repository(
    tmp_path: Path,
) -> None:
    broken = RULE.format("sum(")
    request = asked(tmp_path, mine=broken, of_template=broken, other=RULE.format("up"))
    with pytest.raises(StackError) as refusal:
        require(request)
    head, mine, of_template = sorted(str(refusal.value).splitlines())
    assert head == "Prometheus does not take these rules:"
    assert re.match(r"prometheus/rules/mine\.yml: .*unclosed left parenthesis", mine)
    place = r"prometheus/templates/of_template\.yml\.template: "
    assert re.match(rf"{place}.*unclosed left parenthesis", of_template)


def test_rules_are_written_for_prometheus_and_checked_by_the_tool_beside_it(
    tmp_path: Path, promtool: Path
) -> None:
    binary = Binary(promtool.with_name("prometheus"), "from PATH", "2.42.0")
    request = asked(tmp_path, mine=RULE.format("up"))
    prepare(request, binary)
    assert [path.name for path in request.places.rules.iterdir()] == ["mine.yml"]
    (tmp_path / RULES / "mine.yml").write_text(RULE.format("sum("))
    with pytest.raises(StackError, match=r"prometheus/rules/mine\.yml: "):
        prepare(request, binary)


def test_rules_that_are_no_text_are_refused_also_where_there_is_no_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    request = asked(tmp_path, mine=RULE.format("sum("))
    require(request)
    (tmp_path / RULES / "mine.yml").write_bytes(b"# good\n# b\xe9\n")
    with pytest.raises(StackError, match=r"mine\.yml, line 2: expected UTF-8, found the byte 0xe9"):
        require(request)


def test_the_repositorys_own_rules_are_right(promtool: Path) -> None:
    assert check(promtool, REPOSITORY / RULES) is None


@pytest.mark.parametrize("ending", ["exit 0", "echo cannot run >&2; exit 127"])
def test_a_tool_that_finds_nothing_or_cannot_run_finds_nothing_wrong(
    tmp_path: Path, ending: str
) -> None:
    tool = tmp_path / "promtool"
    tool.write_text(f"#!/bin/sh\n{ending}\n")
    tool.chmod(0o755)
    assert check(tool, tmp_path) is None
    assert check(tmp_path / "absent", tmp_path) is None
