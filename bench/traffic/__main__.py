"""`python -m bench.traffic`: is what the traffic generator says of a server true?"""

import argparse
import asyncio
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

from bench.machine import facts
from bench.traffic.measure import Load, measure
from bench.traffic.report import Results, median_sample, rendered, results, table
from bench.traffic.truth import Errors, NoTruthError

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs" / "PERFORMANCE.md"
JSON = REPOSITORY / "docs" / "performance-traffic.json"

WHOLE = Load(streams=64, seconds=10.0)
QUICK = Load(streams=8, seconds=1.0)
PRIORITY = 20


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


async def run(load: Load, rounds: int) -> Results:
    """Take so many samples, one after the other. Raises: NoTruthError."""
    machine = facts(None, has_gateway=False) | {
        "aiohttp": version("aiohttp"),
        "is_first": os.sched_getscheduler(0) == os.SCHED_FIFO,
    }
    samples = []
    for number in range(rounds):
        _say(f"{load.streams} streams, read by the traffic generator: {number + 1} of {rounds}")
        samples.append(await measure(load))
    return results(machine, load, samples)


def publish(found: Results) -> None:
    """Write the table into the document, and everything beside it."""
    JSON.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8"), found), encoding="utf-8")
    _say(f"wrote {DOCUMENT.name} and {JSON.name}")


def go_first() -> None:
    """Run before all ordinary processes of the machine, with all that this starts.

    Raises: NoTruthError without the right to.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except PermissionError as error:
        raise NoTruthError("--first needs the right to a real-time priority") from error


def is_true(found: Results) -> bool:
    """Whether both figures are within their goals."""
    truth = median_sample(found)["truth"]
    return all(Errors(**truth[name]).is_within_goal for name in ("ttft", "gap"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.traffic",
        description="Let the traffic generator read streams whose true instants are known, and "
        "print how far it is off. The table goes to stdout; after a whole run, into "
        "docs/PERFORMANCE.md, and everything into docs/performance-traffic.json. Exit code 1: "
        "not within the goals.",
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="a little of it; writes no document")
    parser.add_argument("--rounds", type=int, default=3, help="measurements to take (3)")
    parser.add_argument("--streams", type=int, help=f"at a time ({WHOLE.streams})")
    parser.add_argument("--seconds", type=float, help=f"of each ({WHOLE.seconds:g})")
    parser.add_argument(
        "--hold-seconds",
        type=float,
        default=0.0,
        help="let the server send every second chunk so much later than it says: a defect, which "
        "must be seen (0)",
    )
    parser.add_argument(
        "--first",
        action="store_true",
        help="before all other processes (SCHED_FIFO), as on an idle machine; needs the right",
    )
    return parser.parse_args()


def main() -> None:
    """Measure, print the table, write what is to be written."""
    told = _arguments()
    usual = QUICK if told.quick else WHOLE
    load = Load(
        told.streams or usual.streams,
        told.seconds or usual.seconds,
        hold_seconds=told.hold_seconds,
    )
    try:
        if told.first:
            go_first()
        found = asyncio.run(run(load, told.rounds))
    except NoTruthError as error:
        raise SystemExit(f"bench.traffic: {error}") from error
    print(table(found))  # noqa: T201
    if load == WHOLE:
        publish(found)
    sys.exit(0 if is_true(found) else 1)


if __name__ == "__main__":
    main()
