"""`python -m bench.traffic`: is what the traffic generator says of a server true?"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.documents import write_json
from bench.machine import facts
from bench.traffic.clients import compare
from bench.traffic.measure import measure
from bench.traffic.plan import Plan, clients, quick, whole
from bench.traffic.report import Results, is_true, rendered, table, warning
from bench.traffic.truth import NoTruthError

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs" / "PERFORMANCE.md"
JSON = REPOSITORY / "docs" / "performance-traffic.json"

PRIORITY = 20


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def machine() -> dict[str, Any]:
    """The machine as it is before anything is measured; says so where it is not idle."""
    found: dict[str, Any] = facts(None, has_gateway=False) | {
        "aiohttp": version("aiohttp"),
        "httpx2": version("httpx2"),
        "is_first": os.sched_getscheduler(0) == os.SCHED_FIFO,
        "load_average": os.getloadavg()[0],
    }
    if (said := warning(found)) is not None:
        _say(f"warning: {said}")
    return found


async def run(on: Mapping[str, Any], plan: Plan) -> Results:
    """Take all samples of the plan, one after the other. Raises: NoTruthError."""
    found: dict[str, Any] = {}
    if (load := plan.generator) is not None:
        samples = []
        for number in range(plan.rounds):
            _say(f"{load.streams} streams, read by the generator: {number + 1} of {plan.rounds}")
            samples.append(asdict(await measure(load)))
        found = {"machine": dict(on), "load": asdict(load), "samples": samples}
    return found | {"clients": await compare(on, plan.clients, plan.rounds, _say)}


def publish(found: Results) -> None:
    """Write the tables into the document, and everything beside it; what is not in it stays."""
    everything = json.loads(JSON.read_text(encoding="utf-8")) | found
    write_json(everything, JSON)
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(rendered(text, everything), encoding="utf-8")
    _say(f"wrote {DOCUMENT.name} and {JSON.name}")


def go_first() -> None:
    """Run before all ordinary processes of the machine, with all that this starts.

    Raises: NoTruthError without the right to.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except PermissionError as error:
        raise NoTruthError("--first needs the right to a real-time priority") from error


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.traffic",
        description="Let the traffic generator read streams whose true instants are known, and "
        "print how far it is off; then let the HTTP clients that it could be built on read the "
        "same, side by side. The tables go to stdout; after a whole run, into "
        "docs/PERFORMANCE.md, and everything into docs/performance-traffic.json. Exit code 1: "
        "the generator is not within the goals.",
        allow_abbrev=False,
    )
    of = parser.add_mutually_exclusive_group()
    of.add_argument("--quick", action="store_true", help="a little of it; writes no document")
    of.add_argument(
        "--clients", action="store_true", help="only the HTTP clients, in longer rounds"
    )
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each to take (3)")
    parser.add_argument("--streams", type=int, help="at a time (64)")
    parser.add_argument("--seconds", type=float, help="of each (10, of a client 2, alone 5)")
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
    parser.add_argument("--json", type=Path, help="write everything there instead")
    return parser.parse_args()


def _plan(told: argparse.Namespace) -> Plan:
    """The usual one, but for what is told."""
    usual = quick if told.quick else clients if told.clients else whole
    changes = {
        name: value
        for name in ("streams", "seconds", "hold_seconds")
        if (value := getattr(told, name)) is not None
    }
    plan = usual(told.rounds)
    generator = None if plan.generator is None else replace(plan.generator, **changes)
    plan = Plan(plan.rounds, generator, replace(plan.clients, **changes))
    if plan.rounds < 1 or plan.clients.streams < 1 or plan.clients.seconds <= 0:
        raise SystemExit("bench.traffic: expected --rounds, --streams and --seconds above 0")
    return plan


def main() -> None:
    """Measure, print the tables, write what is to be written."""
    told = _arguments()
    plan = _plan(told)
    try:
        if told.first:
            go_first()
        found = asyncio.run(run(machine(), plan))
    except NoTruthError as error:
        raise SystemExit(f"bench.traffic: {error}") from error
    print(table(found))  # noqa: T201
    if told.json:
        write_json(found, told.json)
    elif plan in (whole(plan.rounds), clients(plan.rounds)):
        publish(found)
    sys.exit(0 if is_true(found) else 1)


if __name__ == "__main__":
    main()
