"""`python -m traffic`: ask the questions of a plan, or show it. `interactive` ends here, too."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ollama_observe.service.logging import configure_logging
from ollama_observe.service.loops import loop_factory
from ollama_observe.service.settings import load
from traffic.bank.place import bank_of
from traffic.choices import ANY_MODEL
from traffic.manual import help_wanted, run_manual
from traffic.plan.plan import Plan, make_plan
from traffic.plan.preview import preview
from traffic.refusals import RefusedError
from traffic.results.slo import Slo, load_slo
from traffic.results.totals import IsGood
from traffic.run.conclusion import conclude
from traffic.run.playing import played
from traffic.run.stopping import Held
from traffic.settings import TrafficSettings
from traffic.sharding.crew import require_shares
from traffic.target.choosing import found_out


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a run needs and that can be wrong before it."""

    settings: TrafficSettings
    plan: Plan
    slo: Slo | None

    @property
    def is_good(self) -> IsGood | None:
        """Whether an answer meets the objectives, where there are any."""
        return None if self.slo is None else self.slo.is_good


def main(argv: list[str]) -> int:
    """Run once; the result is the exit code."""
    if help_wanted(argv):
        Console().out(run_manual(), highlight=False)
        return 0
    settings = load(TrafficSettings, argv)
    prepared = prepare(settings)
    if settings.dry_run:
        Console().print(preview(settings, prepared.plan))
        return 0
    return run(prepared)


def prepare(settings: TrafficSettings) -> Prepared:
    """Read and check what a run needs; where no model is named, ask which there is.

    Raises: RefusedError.
    """
    # a replay has its models from the trace, and asks nobody
    if settings.model == ANY_MODEL and (settings.preset == "replay" or not settings.dry_run):
        settings = asyncio.run(found_out(settings))
    if settings.workers > 1:
        require_shares(settings)
    slo = None if settings.slo is None else load_slo(settings.slo)
    plan = make_plan(bank_of(settings), settings)
    if settings.results_directory is not None and not settings.dry_run:
        require_writable(settings.results_directory)
    return Prepared(settings, plan, slo)


def run(prepared: Prepared) -> int:
    """Play, and report. Raises: RefusedError where nothing can be asked."""
    settings, plan = prepared.settings, prepared.plan
    configure_logging("traffic", settings.log_level, settings.log_format)
    status = Console(stderr=True)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        found = runner.run(played(settings, plan, status, prepared.is_good))
    with Held() as held:  # what was measured is not lost by a signal while it is written
        code = conclude(settings, plan, prepared.slo, found, status)
    return held.code or code


def require_writable(directory: Path) -> None:
    """Raise RefusedError unless results can be written, before there are any."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise RefusedError(
            f"cannot write results to {directory} (--results-directory): {error.strerror}"
        ) from error
