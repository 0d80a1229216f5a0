"""`python -m bench.dashboard`: do two hundred viewers cost what one does?"""

import argparse
import asyncio
import re
import subprocess
import sys
from pathlib import Path

from bench.dashboard import world
from bench.dashboard.cases import cases
from bench.dashboard.measure import Load, measure
from bench.dashboard.report import Results, is_within_goals, rendered, results, table
from bench.dashboard.world import NoFigureError
from bench.documents import write_json
from bench.machine import facts
from bench.rounds import Rounds
from bench.subjects import allow_many_files

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs" / "PERFORMANCE.md"
JSON = REPOSITORY / "docs" / "performance-dashboard.json"

WHOLE = Load(
    3, seconds=10.0, settling_seconds=2.0, history_seconds=1200.0, many=200, deaf=20, looks=20
)
QUICK = Load(1, seconds=5.0, settling_seconds=0.0, history_seconds=60.0, many=12, deaf=2, looks=1)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def run(load: Load) -> Results:
    """Measure all cases before one Prometheus. Raises: NoFigureError."""
    allow_many_files()
    chosen = cases(load.many, load.deaf)
    _say("dashboard: a Prometheus with a history")
    with world.prometheus(load.history_seconds, load.lasts_seconds) as url:
        rounds = asyncio.run(_measured(load, url))
    machine = facts(None, has_gateway=False) | {"prometheus": _prometheus_version()}
    return results(machine, load, chosen, rounds)


async def _measured(load: Load, prometheus_url: str) -> Rounds:
    async with world.proxy() as proxy_url:
        urls = prometheus_url, proxy_url
        return await measure(load, cases(load.many, load.deaf), urls, _say)


def _prometheus_version() -> str:
    words = subprocess.run(
        ["prometheus", "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"version (\d[\w.]*)", words)
    return found[1] if found else "unknown"


def publish(found: Results) -> None:
    """Write the table into the document, and everything beside it."""
    write_json(found, JSON)
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8"), found), encoding="utf-8")
    _say(f"wrote {DOCUMENT.name} and {JSON.name}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.dashboard",
        description="Let one viewer look at the dashboard, then two hundred, of one view and of "
        "four, and some that do not read, and print what it costs. The table goes to stdout; after "
        "a whole run, into docs/PERFORMANCE.md, and everything into "
        "docs/performance-dashboard.json. Exit code 1: not within the goals.",
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="a little of it; writes no document")
    return parser.parse_args()


def main() -> None:
    """Measure, print the table, write what is to be written."""
    load = QUICK if _arguments().quick else WHOLE
    if not world.is_possible():
        raise SystemExit(world.INSTALL)
    try:
        found = run(load)
    except NoFigureError as error:
        raise SystemExit(f"bench.dashboard: {error}") from error
    print(table(found))  # noqa: T201
    if load == WHOLE:
        publish(found)
    sys.exit(0 if is_within_goals(found) else 1)


if __name__ == "__main__":
    main()
