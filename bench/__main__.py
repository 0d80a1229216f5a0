"""`make bench`: what the proxy costs, beside nginx and beside nothing, and what Portkey adds.

And whether what the traffic generator says of a server is true: `bench.traffic`; and whether two
hundred viewers of the dashboard cost what one does: `bench.dashboard`.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvloop

from bench import gateway
from bench.dashboard import __main__ as of_dashboard
from bench.dashboard import world
from bench.dashboard.report import Results as DashboardResults
from bench.dashboard.report import table as dashboard_table
from bench.documents import write_json
from bench.load import WrongAnswerError
from bench.machine import facts
from bench.nginx import INSTALL, StartError, executable
from bench.plan import Plan, quick, whole
from bench.report import Results, rendered, results, table
from bench.rounds import measure
from bench.subjects import subjects, upstream
from bench.traffic import __main__ as of_traffic
from bench.traffic import plan as traffic_plan
from bench.traffic.report import Results as TrafficResults
from bench.traffic.report import table as traffic_table
from bench.traffic.truth import NoTruthError

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs" / "PERFORMANCE.md"
JSON = REPOSITORY / "docs" / "performance.json"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


async def run(plan: Plan, nginx: str | None, has_gateway: bool) -> Results:
    """Measure everything of the plan on fresh processes; `nginx` is its program.

    Raises: StartError, WrongAnswerError.
    """
    machine = facts(nginx, has_gateway)
    async with upstream() as port, subjects(port, nginx, has_gateway) as found:
        return results(machine, plan, await measure(plan, found, _say))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure direct, nginx, the proxy and the proxy through Portkey side by side "
        "on loopback: unary chats, streams, one big upload; then hold the traffic generator "
        "against streams whose instants are known, and look at the dashboard two hundred times at "
        "once. The tables go to stdout; after a whole run with nginx, the gateway and Prometheus, "
        "they go into docs/PERFORMANCE.md and everything into docs/performance*.json as well.",
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="a little of each; writes no document")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each workload (3)")
    parser.add_argument("--workload", action="append", help="only this one; may be repeated")
    parser.add_argument("--json", type=Path, help="write everything there instead")
    return parser.parse_args()


def _plan(arguments: argparse.Namespace) -> Plan:
    plan = quick() if arguments.quick else whole(arguments.rounds)
    wanted = arguments.workload
    known = [workload.name for workload in plan.workloads]
    if wanted and not set(wanted) <= set(known):
        raise SystemExit(f"--workload: expected one of {', '.join(known)}, found {wanted}")
    chosen = tuple(w for w in plan.workloads if not wanted or w.name in wanted)
    return Plan(plan.rounds, chosen)


def _hold_traffic(arguments: argparse.Namespace, machine: Mapping[str, Any]) -> TrafficResults:
    """Hold the traffic generator against the truth, and print that. Raises: NoTruthError."""
    plan = traffic_plan.quick(1) if arguments.quick else traffic_plan.whole(arguments.rounds)
    found = uvloop.run(of_traffic.run(machine, plan))
    print(traffic_table(found))  # noqa: T201
    return found


def _look(arguments: argparse.Namespace) -> DashboardResults | None:
    """Look at the dashboard, and print what that costs. Raises: NoFigureError."""
    if not world.is_possible():
        _say(world.INSTALL)
        return None
    found = of_dashboard.run(of_dashboard.QUICK if arguments.quick else of_dashboard.WHOLE)
    print(dashboard_table(found))  # noqa: T201
    return found


def main() -> None:
    """Measure, print the tables, write what is to be written."""
    arguments = _arguments()
    plan = _plan(arguments)
    machine = of_traffic.machine()  # now, since what is measured before loads it
    if (nginx := executable()) is None:
        _say(INSTALL)
    if not (has_gateway := gateway.is_possible()):
        _say(gateway.INSTALL)
    try:
        found = uvloop.run(run(plan, nginx, has_gateway))
        print(table(found))  # noqa: T201
        truth = None if arguments.workload else _hold_traffic(arguments, machine)
        viewers = None if arguments.workload else _look(arguments)
    except (StartError, WrongAnswerError, NoTruthError, world.NoFigureError) as error:
        raise SystemExit(f"bench: {error}") from error
    is_whole = not (arguments.quick or arguments.workload or nginx is None) and has_gateway
    if arguments.json or is_whole:
        write_json(found, arguments.json or JSON)
    if is_whole and not arguments.json:
        DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8"), found), encoding="utf-8")
        _say(f"wrote {DOCUMENT.name} and {JSON.name}")
        if truth is not None:
            of_traffic.publish(truth)
        if viewers is not None:
            of_dashboard.publish(viewers)


if __name__ == "__main__":
    main()
