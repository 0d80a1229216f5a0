"""What can be wrong is found before the first question, and a plan can be seen without a server."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.traffic.test_settings import settings
from traffic.planned import PlanError
from traffic.questions import BankError
from traffic.refusals import RefusedError
from traffic.run import main, prepare, require_writable
from traffic.slo import SloError


def test_what_a_run_needs_is_read_before_it(tmp_path: Path) -> None:
    slo = tmp_path / "slo.yaml"
    slo.write_text("run: {error_ratio: 0.1}")
    found = prepare(settings(slo=slo, results_directory=tmp_path / "results"))
    assert len(found.plan.questions) == 10
    assert found.slo is not None
    assert found.slo.run.error_ratio == 0.1
    assert list((tmp_path / "results").iterdir()) == []


@pytest.mark.parametrize(
    ("told", "error", "said"),
    [
        ({"questions_directory": "/nowhere"}, BankError, "cannot read /nowhere/"),
        ({"slo": "/nowhere.yaml"}, SloError, r"cannot read /nowhere.yaml"),
        ({"preset": "replay", "trace": "/nowhere"}, PlanError, "cannot read /nowhere"),
        ({"workers": 2}, RefusedError, "--workers 2 share --concurrency"),
    ],
)
def test_what_is_wrong_is_said_before_a_run(
    told: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        prepare(settings(**told))


def test_a_folder_that_cannot_be_written_to_is_refused_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        RefusedError,
        match=rf"cannot write results to {tmp_path}/file/x \(--results-directory\): Not",
    ):
        require_writable(tmp_path / "file" / "x")


def test_a_dry_run_shows_the_plan_and_leaves_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dry-run", "--results-directory", str(tmp_path / "results")]) == 0
    assert "10 in " in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_shows_the_hash_of_the_run_that_it_is_instead_of() -> None:
    for preset in ("demo", "continuous"):
        first, second = (
            prepare(settings(preset=preset, dry_run=is_dry)).plan.sha256 for is_dry in (True, False)
        )
        assert first == second


def test_help_is_printed_and_nothing_else_happens(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--preset", "nonsense", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: python -m traffic")
