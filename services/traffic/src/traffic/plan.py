"""(seed, preset) to the questions that will be asked: pure, and hashed.

Two runs with the same hash send the same requests in the same order, apart from the
model and the API, which are the run's.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from traffic.questions import Bank, Category, Question, sample
from traffic.settings import Preset

SIZES: dict[Preset, int] = {"quick": 10, "demo": 50}


@dataclass(frozen=True)
class PlannedQuestion:
    """One question, ready to be asked: one request a turn. Units: `max_tokens` per answer."""

    question_id: str
    category: Category
    system: str | None
    turns: tuple[str, ...]
    max_tokens: int
    seed: int
    format: dict[str, Any] | None = None
    tools: tuple[dict[str, Any], ...] | None = None


@dataclass(frozen=True)
class Plan:
    """What a run will ask, in order."""

    preset: Preset
    seed: int
    questions: tuple[PlannedQuestion, ...]

    @property
    def requests(self) -> int:
        """How many requests the plan takes: a question sends one for each of its turns."""
        return sum(len(question.turns) for question in self.questions)

    @cached_property
    def sha256(self) -> str:
        """The hash of everything in the plan."""
        whole = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()


def make_plan(bank: Bank, preset: Preset, seed: int, max_tokens: int | None = None) -> Plan:
    """The plan of a preset. Raises BankError when the bank holds too few questions."""
    chosen = sample(bank, SIZES[preset], seed)
    return Plan(preset, seed, tuple(_planned(bank, item, seed, max_tokens) for item in chosen))


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
