"""Questions in the formats that other load generators read. Pure.

A record has only what its reader knows: guidellm takes a column for whatever its name suggests
(`context`, `text`, `tools`), and AIPerf takes `question_id` with `category` and `messages` for a
benchmark of NVIDIA's. A question that a format cannot carry whole is left out: without its system
prompt or its tools it would be another question.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from traffic.choices import Api
from traffic.plan.planned import PlannedQuestion
from traffic.request.protocol import build, opening, said_by_user

Format = Literal["guidellm", "aiperf", "aiperf-multi-turn", "aiperf-raw-payload", "vllm", "k6"]
"""Whose format it is; `aiperf` alone is its `single_turn`."""
FORMATS: tuple[Format, ...] = get_args(Format)

ARRAYS = frozenset({"k6"})
"""Formats that are one JSON array; the others have a record a line."""

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """The records, the ids of their questions, and why how many others are left out."""

    records: tuple[Entry, ...]
    ids: tuple[str, ...]
    reasons: Counter[str]

    @property
    def left_out(self) -> int:
        """How many questions the format cannot carry."""
        return self.reasons.total()


@dataclass(frozen=True, slots=True)
class _Kind:
    """A format: what it makes of a question, and what it cannot carry."""

    make: Callable[[PlannedQuestion], Entry]
    turns: int | None = 1
    """How many turns a question must have; None where any number will do."""
    has_system: bool = False
    has_schemas: bool = False
    """Whether a record has room for `format` and `tools`."""


def exported(
    name: Format, questions: Iterable[PlannedQuestion], *, api: Api, model: str, turns: int = 1
) -> Exported:
    """The questions in a format, in their order.

    `turns` is for guidellm: each of its records has so many, since it asks every question of a
    file as often as the longest one. `api` and `model` are for bodies.
    """
    kind = _kind(name, api, model, turns)
    records, ids, reasons = list[Entry](), list[str](), Counter[str]()
    for question in questions:
        if (reason := _obstacle(kind, question)) is not None:
            reasons[reason] += 1
        else:
            records.append(kind.make(question))
            ids.append(question.question_id)
    return Exported(tuple(records), tuple(ids), reasons)


def _kind(name: Format, api: Api, model: str, turns: int) -> _Kind:
    kinds: dict[Format, _Kind] = {
        "guidellm": _Kind(_prompt if turns == 1 else _prompts, turns=turns),
        "aiperf": _Kind(_text),
        "aiperf-multi-turn": _Kind(_session, turns=None, has_system=True),
        "aiperf-raw-payload": _Kind(
            partial(_payload, api, model), has_system=True, has_schemas=True
        ),
        "vllm": _Kind(_prompt),
        "k6": _Kind(_whole, turns=None, has_system=True, has_schemas=True),
    }
    return kinds[name]


def _obstacle(kind: _Kind, question: PlannedQuestion) -> str | None:
    """What of a question the format has no room for."""
    if question.inputs is not None:
        return "with texts to embed"
    if kind.turns is not None and len(question.turns) != kind.turns:
        return "of several turns" if kind.turns == 1 else f"of other than {kind.turns} turns"
    if question.system and not kind.has_system:
        return "with a system prompt"
    if question.tools and not kind.has_schemas:
        return "with tools"
    if question.format and not kind.has_schemas:
        return "with a schema for the answer"
    return None


def _said(question: PlannedQuestion) -> Sequence[str]:
    return [said_by_user(question, turn)["content"] for turn in range(len(question.turns))]


def _prompt(question: PlannedQuestion) -> Entry:
    return {"prompt": _said(question)[0]}


def _prompts(question: PlannedQuestion) -> Entry:
    return {f"prompt_{turn}": said for turn, said in enumerate(_said(question))}


def _text(question: PlannedQuestion) -> Entry:
    return {"text": _said(question)[0]}


def _session(question: PlannedQuestion) -> Entry:
    # a first turn of the role system goes before every later one
    system = [{"role": "system", "text": one["content"]} for one in opening(question)]
    turns = [{"text": said} for said in _said(question)]
    return {"session_id": question.question_id, "turns": [*system, *turns]}


def _payload(api: Api, model: str, question: PlannedQuestion) -> Entry:
    """The very body that this generator sends."""
    messages = [*opening(question), said_by_user(question, 0)]
    body: Entry = json.loads(build(api, question.model or model, question, messages))
    return body


def _whole(question: PlannedQuestion) -> Entry:
    record: Entry = {
        "id": question.question_id,
        "kind": question.category,
        "turns": _said(question),
        "max_tokens": question.max_tokens,
    }
    if opened := opening(question):
        record["system"] = opened[0]["content"]
    if question.format is not None:
        record["format"] = question.format
    if question.tools is not None:
        record["tools"] = list(question.tools)
    return record
