"""Two results are compared by their folders, and what cannot be compared is said."""

from pathlib import Path

import pytest

from tests.runs import many, refused, result
from traffic.compare.command import main
from traffic.compare.runs import NotComparableError
from traffic.refusals import RefusedError
from traffic.results.results import Result, ResultError, write


def folder(directory: Path, found: Result) -> str:
    return str(write(directory, found, "page"))


def test_a_run_against_itself_is_no_worse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder(tmp_path, result(many(30)))
    assert main([path, path]) == 0
    said = capsys.readouterr().out
    assert "TTFT" in said
    assert "30 questions in pairs" in said
    assert "worse" not in said.replace("Better or worse", "")


def test_a_slower_run_is_worse_unless_so_much_is_tolerated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, slow = (folder(tmp_path, result(many(30, slowness=by))) for by in (1.0, 1.5))
    assert main([base, slow]) == 1
    assert "worse" in capsys.readouterr().out
    assert main([slow, base]) == 0
    assert main([base, slow, "--tolerance", "60%"]) == 0


def test_a_tolerance_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="--tolerance: expected a tolerance like 5%"):
        main([str(tmp_path), str(tmp_path), "--tolerance", "much"])


def test_what_is_no_result_or_has_no_answer_is_refused(tmp_path: Path) -> None:
    whole, empty = (folder(tmp_path, result(found)) for found in (many(3), [refused()]))
    with pytest.raises(ResultError, match="cannot read"):
        main([whole, str(tmp_path / "none")])
    with pytest.raises(NotComparableError, match="the second run has no whole answer"):
        main([whole, empty])
