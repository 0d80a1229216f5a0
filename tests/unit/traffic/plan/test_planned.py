"""How questions are described for the hash: all that is sent, and nothing that is not there."""

from dataclasses import fields, replace

import pytest

from traffic.bank.checks import Numeric
from traffic.bank.questions import Category
from traffic.plan.planned import PlannedQuestion, described

PLAIN = PlannedQuestion(
    "fac-0001", Category.FACTUAL_SHORT, None, ("Why?",), 40, seed=1, model="small:1b"
)
CHANGED = PlannedQuestion(
    "cod-0001",
    Category.CODE,
    "Be brief.",
    ("How?",),
    41,
    seed=2,
    format={"type": "object"},
    tools=({"type": "function"},),
    route="direct",
    model="other:1b",
    at_seconds=0.0,
    prefix="Notes. ",
    cancel_after_chunks=3,
    unload_first=True,
    inputs=("Sea", "Lake"),
    is_warm_up=True,
    check=Numeric(kind="numeric", value=4),
    index=5,
)


def test_a_plain_question_is_described_without_what_it_does_not_have() -> None:
    assert list(described([PLAIN], has_models=False)) == [
        {
            "question_id": "fac-0001",
            "category": "factual_short",
            "system": None,
            "turns": ("Why?",),
            "max_tokens": 40,
            "seed": 1,
            "format": None,
            "tools": None,
        }
    ]


@pytest.mark.parametrize("name", [field.name for field in fields(PlannedQuestion)])
def test_every_field_is_described_but_those_that_are_not_sent(name: str) -> None:
    value = getattr(CHANGED, name)
    assert value != getattr(PLAIN, name)
    (said,) = described([replace(PLAIN, **{name: value})], has_models=True)
    (before,) = described([PLAIN], has_models=True)
    if name in ("check", "index", "is_warm_up"):
        assert said == before
    else:
        assert said[name] == value
