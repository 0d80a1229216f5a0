"""`python -m bench.queue`: do people keep their time to first token beside a batch?"""

import argparse
import asyncio
import sys
from pathlib import Path

from bench.documents import write_json
from bench.load import WrongAnswerError
from bench.machine import facts
from bench.nginx import StartError
from bench.queue import upstream, world
from bench.queue.cases import QUICK, WHOLE, Load
from bench.queue.report import Results, is_within_goals, rendered, results, table
from bench.rounds import Rounds
from tests import engines

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs" / "QUEUE.md"
JSON = REPOSITORY / "docs" / "performance-queue.json"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


async def run(load: Load, with_model: bool) -> Results:
    """Measure everything. Raises: StartError, WrongAnswerError."""
    machine = facts(None, has_gateway=False)
    worlds: dict[str, Rounds] = {}
    async with world.scripted() as url:
        worlds[world.SCRIPTED] = await world.measure(url, upstream.MODEL, load, _say)
    if with_model:
        async with world.real() as url:
            worlds[world.REAL] = await world.measure(url, engines.MODEL, load, _say)
    return results(machine, load, worlds, await world.costs(load, _say))


def publish(found: Results) -> None:
    """Write the tables into the document, and everything beside it."""
    write_json(found, JSON)
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8"), found), encoding="utf-8")
    _say(f"wrote {DOCUMENT.name} and {JSON.name}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.queue",
        description="Let people ask beside a batch that keeps a model busy, with the proxy's queue "
        "and without, before a scripted Ollama and before the embedded engine where its model is; "
        "and measure what the queue costs a request. The tables go to stdout; after a whole run "
        "with the model, into docs/QUEUE.md, and everything into docs/performance-queue.json. "
        "Exit code 1: people do not wait less by half.",
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="a little of it; writes no document")
    parser.add_argument("--json", type=Path, help="write everything there, and no document")
    return parser.parse_args()


def main() -> None:
    """Measure, print the tables, write what is to be written."""
    arguments = _arguments()
    load = QUICK if arguments.quick else WHOLE
    if not (with_model := engines.has_model()):
        _say("no model: `make setup` fetches it; only the scripted Ollama is measured")
    try:
        found = asyncio.run(run(load, with_model and not arguments.quick))
    except (StartError, WrongAnswerError) as error:
        raise SystemExit(f"bench.queue: {error}") from error
    print(table(found))  # noqa: T201
    if arguments.json is not None:
        write_json(found, arguments.json)
    elif load == WHOLE and with_model:
        publish(found)
    sys.exit(0 if is_within_goals(found) else 1)


if __name__ == "__main__":
    main()
