"""One question of a plan, and how a plan's hash describes it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from traffic.bank.checks import Check
from traffic.choices import RequestRoute
from traffic.refusals import RefusedError


class PlanError(RefusedError):
    """Nothing can be planned from what was asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class PlannedQuestion:
    """One question, ready to be asked: one request a turn. Units: `max_tokens` per answer.

    `at_seconds` is when a schedule wants it, after the beginning; None in a closed loop.
    `cancel_after_chunks`: the answer is left after so many pieces with content. `unload_first`: the
    model is unloaded before, so that its load is in the time to first token. `prefix` stands at
    the very beginning of the prompt: before the system prompt, or the first turn without one.
    `inputs` are texts to embed, one or a list: what has them has one turn, without a word.
    `index` is its place among the measured questions of the whole plan, from 0; below 0 in a
    warm-up.
    """

    question_id: str
    category: str
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
    inputs: str | tuple[str, ...] | None = None
    is_warm_up: bool = False
    check: Check | None = None
    index: int = 0


_UNSAID = {
    field.name: field.default
    for field in fields(PlannedQuestion)
    if field.name
    in ("route", "model", "at_seconds", "prefix", "cancel_after_chunks", "unload_first", "inputs")
}
"""Fields that a description has only where they differ from this.

So a plan without the thing has the hash that it had before there was the thing.
"""

_UNSENT = frozenset({"check", "index", "is_warm_up"})
"""Fields that nothing sent depends on, beyond the order."""


def described(
    questions: Iterable[PlannedQuestion], *, has_models: bool
) -> Iterator[Mapping[str, Any]]:
    """What is sent of the questions and when; the models too, where there are several."""
    names = [field.name for field in fields(PlannedQuestion) if field.name not in _UNSENT]
    if not has_models:
        names.remove("model")
    for question in questions:
        yield {
            name: value
            for name in names
            if (value := getattr(question, name)) != _UNSAID.get(name, _UNSAID)
        }
