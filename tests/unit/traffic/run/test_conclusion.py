"""The exit code says what a run came to, and what was done is shown and written whatever it is."""

import io
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.runs import STARTED, STARTED_AT, many, plan_for, refused, whole
from tests.unit.traffic.test_settings import settings
from traffic.bank.questions import Category
from traffic.request.attempt import Attempt
from traffic.results.drops import Drop
from traffic.results.results import CSV_NAME, JSON_NAME, PAGE_NAME, load
from traffic.results.slo import Verdict
from traffic.results.summary import summarise
from traffic.run.conclusion import INCOMPLETE, NOTHING_WAS_ASKED, conclude, exit_code, own_words
from traffic.run.keeping import Keeper, Limits
from traffic.run.playing import Played
from traffic.run.selfcheck import Lag, SelfCheck

FINE = SelfCheck(Lag(100, 0.0005, 0.002, 0.004), Lag(100, 0.0001, 0.0012, 0.003), 0.07)
LATE = SelfCheck(Lag(100, 0.4, 0.5, 0.6), None, None)
DROP = Drop(Category.CODE, "m:1b", 0.5, 1)
MET = Verdict("error_ratio", "at most 0.5", 0.5, 0.2, is_met=True)
MISSED = replace(MET, is_met=False)
KILLED = "worker 2 of 2 was ended by a signal: Killed"


def run(*attempts: Attempt, check: SelfCheck | None = FINE) -> Played:
    return Played(STARTED, STARTED_AT, attempts=list(attempts), seconds=12.5, check=check)


@pytest.mark.parametrize(
    ("played", "verdicts", "code"),
    [
        (run(whole()), (), 0),
        (run(whole(), check=None), (), 0),
        (run(whole(), refused(1)), (), 1),
        (replace(run(whole()), drops=[DROP]), (), 1),
        (replace(run(whole()), lost=(KILLED,)), (), 1),
        (run(whole()), (MET, MISSED), 1),
        (run(whole(), refused(1)), (MET,), 0),
        (replace(run(whole()), lost=(KILLED,)), (MET,), 1),
        (run(whole(), refused(1), check=LATE), (MISSED,), 2),
        (replace(run(whole(), refused(1), check=LATE), stopped_by=130), (MISSED,), 130),
    ],
)
def test_the_exit_code_is_of_the_worst_that_happened(
    played: Played, verdicts: tuple[Verdict, ...], code: int
) -> None:
    plan = plan_for(played.attempts)
    summary = summarise(plan, played.attempts, played.seconds, played.drops)
    assert exit_code(played, summary, verdicts) == code


def test_questions_that_the_time_left_unasked_are_no_failure() -> None:
    attempts = [whole(0), whole(1)]
    summary = summarise(plan_for([*attempts, whole(2)]), attempts, 12.5)
    assert summary.unasked == 1
    assert exit_code(run(*attempts), summary, ()) == 0


def concluded(played: Played, directory: Path | None = None, note: str = "") -> tuple[int, str]:
    status = Console(file=io.StringIO(), width=80)
    plan = plan_for(played.attempts)
    told = settings(results_directory=directory, note=note)
    code = conclude(told, plan, None, played, status)
    assert isinstance(status.file, io.StringIO)
    return code, status.file.getvalue()


def test_the_summary_and_the_generators_own_word_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert concluded(run(*many(20))) == (0, "")
    shown = capsys.readouterr().out
    assert "20 ok, 0 failed" in shown
    assert shown.endswith(
        "Generator  schedule 2.0 ms late (p99), event loop 1.2 ms late (p99), 7 % of a core\n"
    )


def test_an_invalid_run_says_why_and_is_shown_and_written_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert concluded(run(*many(20), check=LATE), tmp_path) == (2, "")
    shown = capsys.readouterr().out
    assert "INVALID" in shown
    assert "did not keep its schedule" in shown
    assert "20 ok, 0 failed" in shown
    (folder,) = tmp_path.iterdir()
    assert load(folder).reasons == LATE.reasons


def test_a_remark_is_shown_and_kept_and_the_run_is_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check = SelfCheck(None, Lag(100, 0.001, 0.0124, 0.5), 0.4)
    assert concluded(run(*many(20), check=check), tmp_path) == (0, "")
    shown = " ".join(capsys.readouterr().out.split())
    assert "Remark the generator's event loop was up to 12 ms late (p99): smaller" in shown
    (folder,) = tmp_path.iterdir()
    assert json.loads((folder / JSON_NAME).read_bytes())["self_check"]["reasons"] == []
    assert load(folder).remarks == check.remarks
    assert "Remark: the generator&#39;s event loop" in (folder / PAGE_NAME).read_text("utf-8")


def test_of_a_run_of_which_not_all_is_kept_the_counts_are_of_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper = Keeper(Limits(requests=5))
    for attempt in (refused(99), *many(20)):
        keeper.keep(attempt)
    played = replace(run(), attempts=keeper.attempts, past=keeper.past)
    assert concluded(played, tmp_path)[0] == 1
    assert "20 ok, 1 failed" in capsys.readouterr().out
    (folder,) = tmp_path.iterdir()
    kept = load(folder)
    assert (kept.summary.ok, len(kept.records)) == (20, 5)
    assert kept.summary.kept is not None
    assert kept.summary.spreads["ttft_seconds"].count == 5
    assert kept.summary.kept.in_words in (folder / PAGE_NAME).read_text("utf-8")


def test_a_run_of_which_a_worker_died_is_incomplete_and_shown_and_written_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played = replace(run(*many(20)), lost=(KILLED,))
    assert concluded(played, tmp_path) == (
        1,
        f"traffic: {KILLED}; its other questions have no answer\n",
    )
    (folder,) = tmp_path.iterdir()
    kept = load(folder)
    assert (kept.reasons, kept.lost) == ((), (KILLED,))
    assert KILLED in (folder / PAGE_NAME).read_text("utf-8")
    assert "INVALID" not in (shown := capsys.readouterr().out)
    assert f"INCOMPLETE  {KILLED}" in shown
    assert "20 ok, 0 failed" in shown


def test_results_are_three_files_and_the_page_is_named_in_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played = replace(run(*many(20)), server={"version": "0.33.0"})
    assert concluded(played, tmp_path / "new")[0] == 0
    (folder,) = (tmp_path / "new").iterdir()
    assert {path.name for path in folder.iterdir()} == {JSON_NAME, CSV_NAME, PAGE_NAME}
    assert capsys.readouterr().out.endswith(f"\nResults    {folder / PAGE_NAME}\n")
    kept = json.loads((folder / JSON_NAME).read_bytes())
    assert kept["server"] == {"version": "0.33.0"}
    assert kept["self_check"]["schedule_lag"]["p99"] == 0.002
    assert kept["self_check"]["reasons"] == []
    assert len(load(folder).attempts) == 20


def test_results_that_cannot_be_written_any_more_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, said = concluded(run(*many(3)), tmp_path / "file")
    assert (code, said) == (
        2,
        f"traffic: cannot write the results to {tmp_path}/file: File exists\n",
    )
    assert concluded(run(*many(3), refused(9)), tmp_path / "file")[0] == 1


def test_processes_that_died_before_anything_was_measured_are_said(tmp_path: Path) -> None:
    said = f"traffic: {KILLED}; its other questions have no answer\ntraffic: {INCOMPLETE}\n"
    played = replace(run(), lost=(KILLED,))
    assert concluded(played, tmp_path) == (1, said)
    assert concluded(replace(played, stopped_by=130), tmp_path) == (130, said)


def test_what_cannot_be_shown_has_been_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(OSError, match="No space left on device"):
            concluded(run(*many(20)), tmp_path)
        monkeypatch.undo()
        with suppress(OSError):
            full.close()
    (folder,) = tmp_path.iterdir()
    assert load(folder).summary.ok == 20


@pytest.mark.parametrize(("stopped_by", "code"), [(None, 2), (130, 130)])
def test_where_nothing_was_asked_there_is_nothing_to_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stopped_by: int | None, code: int
) -> None:
    played = replace(run(), stopped_by=stopped_by)
    assert concluded(played, tmp_path) == (code, f"traffic: {NOTHING_WAS_ASKED}\n")
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_measured_of_the_generator_is_not_said() -> None:
    assert own_words(SelfCheck(None, None, 0.5)) == "Generator  50 % of a core"


def test_a_run_that_was_too_short_to_judge_says_so() -> None:
    short = SelfCheck(None, None, None, is_too_short=True)
    assert own_words(short) == "Generator  too short to judge (under 1 s)"
    scheduled = replace(short, schedule_lag=Lag(10, 0.001, 0.002, 0.003))
    assert own_words(scheduled) == (
        "Generator  schedule 2.0 ms late (p99), the rest too short to judge (under 1 s)"
    )


def test_what_the_operator_noted_is_shown_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = "OLLAMA_NUM_PARALLEL=4 <b>[bold]"
    assert concluded(run(*many(3)), tmp_path, note)[0] == 0
    assert f"Note {note} Questions" in " ".join(capsys.readouterr().out.split())
    (folder,) = tmp_path.iterdir()
    assert json.loads((folder / JSON_NAME).read_bytes())["settings"]["note"] == note
    assert load(folder).note == note
