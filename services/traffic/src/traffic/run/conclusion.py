"""What a run that was played comes to: its summary on the screen, its results, its exit code.

Exit codes:

    0         every request that was sent got its whole answer, or the objectives are met
    1         one did not, or was dropped, or a worker died; with objectives: one is missed
    2         the generator did not keep up, so that the figures say nothing of the server; or
              the results could not be written or shown
    128 + n   stopped by signal n
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from traffic.page.page import page_of
from traffic.plan.plan import Plan
from traffic.refusals import REFUSED, say
from traffic.results.provenance import versions
from traffic.results.results import PAGE_NAME, Result, result_of, write
from traffic.results.slo import Slo, Verdict, judge
from traffic.results.summary import Summary, summarise
from traffic.results.tables import summary_table
from traffic.results.units import duration, percent
from traffic.results.ways import compare
from traffic.run.playing import Played
from traffic.run.selfcheck import SHORTEST_SECONDS, SelfCheck
from traffic.settings import TrafficSettings

FAILED = 1
NOTHING_WAS_ASKED = "nothing was measured: no question was asked"
INCOMPLETE = "nothing was measured: the run is INCOMPLETE"


def conclude(
    settings: TrafficSettings, plan: Plan, slo: Slo | None, played: Played, status: Console
) -> int:
    """Write what was done where results are wanted, show it; the result is the exit code.

    Raises: OSError where it cannot be shown, when it has been written.
    """
    for sentence in played.lost:
        say(status, f"{sentence}; its other questions have no answer")
    if not (played.attempts or played.drops or played.past):
        say(status, INCOMPLETE if played.lost else NOTHING_WAS_ASKED)
        return played.stopped_by or (FAILED if played.lost else REFUSED)
    summary = summarise(
        plan,
        played.attempts,
        played.seconds,
        played.drops,
        None if slo is None else slo.is_good,
        played.past,
    )
    verdicts = () if slo is None else judge(slo, summary)
    code, folder = exit_code(played, summary, verdicts), None
    if settings.results_directory is not None:
        result = _result(settings, plan, played, summary, verdicts)
        folder = _written(settings.results_directory, result, status)
        code = code if folder else code or REFUSED
    _show(settings, plan, played, summary, verdicts)
    if folder:
        Console().out(f"Results    {_from_here(folder / PAGE_NAME)}", highlight=False)
    return code


def exit_code(played: Played, summary: Summary, verdicts: Sequence[Verdict]) -> int:
    """What a run came to, in a number."""
    if played.stopped_by is not None:
        return played.stopped_by
    if played.check is not None and not played.check.is_valid:
        return REFUSED
    if verdicts:
        is_missed = not all(verdict.is_met for verdict in verdicts)
    else:
        is_missed = bool(summary.failed or summary.dropped)
    return FAILED if is_missed or played.lost else 0


def _show(
    settings: TrafficSettings,
    plan: Plan,
    played: Played,
    summary: Summary,
    verdicts: Sequence[Verdict],
) -> None:
    console = Console()
    comparison = compare(played.attempts) if plan.route == "mixed" else None
    said = {} if played.check is None else sentences_of(played.check)
    console.print(
        summary_table(
            plan, summary, comparison, verdicts, note=settings.note, lost=played.lost, **said
        )
    )
    if played.check is not None:
        console.out("", own_words(played.check), sep="\n", highlight=False)


def sentences_of(check: SelfCheck) -> dict[str, tuple[str, ...]]:
    """Why the figures are not to be trusted, and what is to be known of those that are."""
    return {"reasons": check.reasons, "remarks": check.remarks}


def own_words(check: SelfCheck) -> str:
    """What the generator came to, in a line."""
    parts = [
        f"{name} {duration(lag.p99)} late (p99)"
        for name, lag in (("schedule", check.schedule_lag), ("event loop", check.loop_lag))
        if lag is not None
    ]
    if check.cpu_ratio is not None:
        parts.append(f"{percent(check.cpu_ratio, 0)} of a core")
    if check.is_too_short:
        rest = "the rest " if parts else ""
        parts.append(f"{rest}too short to judge (under {SHORTEST_SECONDS:g} s)")
    return f"Generator  {', '.join(parts)}"


def told(played: Played) -> dict[str, Any] | None:
    """The generator's word about itself, as it is kept with the results."""
    check = played.check
    if check is None and not played.lost:
        return None
    said = {} if check is None else asdict(check) | sentences_of(check)
    return said | {"lost": played.lost}


def _result(
    settings: TrafficSettings,
    plan: Plan,
    played: Played,
    summary: Summary,
    verdicts: Sequence[Verdict],
) -> Result:
    return result_of(
        settings=settings,
        plan=plan,
        attempts=played.attempts,
        drops=played.drops,
        summary=summary,
        started=played.started,
        started_at=played.started_at,
        versions=versions(),
        server=played.server,
        self_check=told(played),
        objectives=verdicts,
    )


def _written(directory: Path, result: Result, status: Console) -> Path | None:
    try:
        return write(directory, result, page_of(result))
    except OSError as error:
        say(status, f"cannot write the results to {directory}: {error.strerror}")
        return None


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
