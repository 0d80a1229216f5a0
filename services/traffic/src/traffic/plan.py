"""(seed, preset, route) to the questions that will be asked: pure, and hashed.

Two runs with the same hash send the same requests in the same order, apart from the
model and the API, which are the run's.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from traffic.questions import Bank, Category, Check, Question, sample
from traffic.settings import Preset, RequestRoute, Route

SIZES: dict[Preset, int] = {"quick": 10, "demo": 50}

OTHER_WAY: dict[RequestRoute, RequestRoute] = {"direct": "portkey", "portkey": "direct"}
"""The two ways of a mixed run."""


@dataclass(frozen=True)
class PlannedQuestion:
    """One question, ready to be asked: one request a turn. Units: `max_tokens` per answer.

    `at_seconds` is when a schedule wants it, after the beginning; None in a closed loop.
    `cancel_after_chunks`: the answer is left after so many pieces with content. `unload_first`: the
    model is unloaded before, so that its load is in the time to first token. `prefix` stands before
    the first turn, and is sent with it.
    """

    question_id: str
    category: Category
    system: str | None
    turns: tuple[str, ...]
    max_tokens: int
    seed: int
    format: dict[str, Any] | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    route: RequestRoute = "default"
    model: str = ""
    at_seconds: float | None = None
    prefix: str = ""
    cancel_after_chunks: int | None = None
    unload_first: bool = False
    is_warm_up: bool = False
    check: Check | None = None


@dataclass(frozen=True)
class Plan:
    """What a run will ask, in order. A question that is asked two ways is in it twice."""

    preset: Preset
    seed: int
    questions: tuple[PlannedQuestion, ...]
    route: Route = "default"

    @property
    def requests(self) -> int:
        """How many requests the plan takes: a question sends one for each of its turns."""
        return sum(len(question.turns) for question in self.questions)

    @cached_property
    def sha256(self) -> str:
        """The hash of everything in the plan."""
        plain = asdict(self, dict_factory=_without_default_routes)
        whole = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()


def make_plan(
    bank: Bank,
    preset: Preset,
    seed: int,
    max_tokens: int | None = None,
    route: Route = "default",
) -> Plan:
    """The plan of a preset. Raises BankError when the bank holds too few questions."""
    chosen = sample(bank, SIZES[preset], seed)
    questions = tuple(_planned(bank, item, seed, max_tokens) for item in chosen)
    if route == "mixed":
        questions = _both_ways(questions, seed)
    else:
        questions = tuple(replace(question, route=route) for question in questions)
    return Plan(preset, seed, questions, route)


def _both_ways(questions: tuple[PlannedQuestion, ...], seed: int) -> tuple[PlannedQuestion, ...]:
    """Every question by one way, then, in the same order, every question by the other.

    Half of them, drawn by the seed, go directly first. So the same question is never asked
    twice in a row, when the server would still have its prompt in memory; where it keeps
    prompts for longer, each way is as often the second; and each way has as many requests
    early in the run as late.
    """
    drawn = sorted(
        {question.question_id for question in questions},
        key=lambda name: hashlib.sha256(f"{seed}:{name}:direct first".encode()).digest(),
    )
    direct_first = set(drawn[: len(drawn) // 2])
    first: list[PlannedQuestion] = [
        replace(item, route="direct" if item.question_id in direct_first else "portkey")
        for item in questions
    ]
    return (*first, *(replace(item, route=OTHER_WAY[item.route]) for item in first))


def _without_default_routes(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # a request that asks for no way is the request that it was before there were ways
    return {name: value for name, value in pairs if (name, value) != ("route", "default")}


def _planned(bank: Bank, question: Question, seed: int, max_tokens: int | None) -> PlannedQuestion:
    own = question.expect.max_tokens
    return PlannedQuestion(
        question_id=question.id,
        category=question.category,
        system=question.system,
        turns=bank.turns(question),
        max_tokens=own if max_tokens is None else min(own, max_tokens),
        seed=seed,
        format=question.format,
        tools=question.tools,
    )
