"""The traffic generator's own client and runner, asked to say all that they saw.

`python -m bench.traffic.generator`: plays a schedule of chats against a port and prints, as JSON,
each request's instants and text, and what the process took.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from traffic.bank.questions import Category
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt
from traffic.request.client import Client, open_http
from traffic.request.protocol import Message
from traffic.run.runner import play
from traffic.run.selfcheck import Watch
from traffic.settings import TrafficSettings

WARM_UPS = 2


@dataclass(frozen=True, slots=True)
class Load:
    """How many requests, and how often one is due."""

    requests: int
    requests_per_second: float

    def stream(self) -> Iterator[PlannedQuestion]:
        """The plan."""
        for number in range(WARM_UPS):
            yield _question(f"war-{number:04d}", None)
        for number in range(self.requests):
            yield _question(f"fac-{number:04d}", number / self.requests_per_second)


def _question(name: str, at_seconds: float | None) -> PlannedQuestion:
    return PlannedQuestion(
        name,
        Category.FACTUAL_SHORT,
        system=None,
        turns=("Why is the sky blue?",),
        max_tokens=100,
        seed=1,
        at_seconds=at_seconds,
        is_warm_up=at_seconds is None,
    )


class KeepingClient(Client):
    """The client, whose texts are kept: they say what is true."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.texts: dict[str, str] = {}

    async def ask(
        self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]
    ) -> str:
        """As the client does."""
        text = await super().ask(attempt, question, messages)
        self.texts[attempt.question_id] = text
        return text


class Kept:
    """An observer that keeps the attempts, and what was dropped."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.lost = 0

    def asked(self, question: PlannedQuestion) -> None:
        """Nothing is shown."""

    def answered(self, attempt: Attempt) -> None:
        """Keep it."""
        self.attempts.append(attempt)

    def dropped(self, _question: PlannedQuestion) -> None:
        """Count it."""
        self.lost += 1


async def run(port: int, load: Load) -> dict[str, Any]:
    """Play the load; the facts, as plain values."""
    settings = TrafficSettings(
        base_url=f"http://127.0.0.1:{port}",
        arrival="constant",
        rate_per_second=load.requests_per_second,
        max_in_flight=4096,
    )
    kept = Kept()
    async with open_http(settings) as http, Watch() as watch:
        client = KeepingClient(http, settings)
        cpu_seconds = time.process_time()
        await play(load, client, settings, kept)
        cpu_seconds = time.process_time() - cpu_seconds
    measured = [attempt for attempt in kept.attempts if not attempt.is_warm_up]
    check = watch.check(measured, has_schedule=True)
    return {
        "cpu_seconds": cpu_seconds,
        "lost": kept.lost,
        "check": asdict(check),
        "reasons": check.reasons,
        "requests": [_facts(attempt, client.texts) for attempt in measured],
    }


def _facts(attempt: Attempt, texts: dict[str, str]) -> dict[str, Any]:
    return {
        "error": attempt.error,
        "sent": attempt.sent,
        "first_content": attempt.first_content,
        "gaps_seconds": list(attempt.gaps_seconds),
        "text": texts[attempt.question_id],
    }


def main() -> None:
    """Play, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.traffic.generator", allow_abbrev=False)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--requests-per-second", type=float, required=True)
    told = parser.parse_args()
    found = uvloop.run(run(told.port, Load(told.requests, told.requests_per_second)))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
