"""A format has what its reader takes, and no question that it would change."""

import json
from typing import Any

import pytest

from tests.unit.traffic.request.test_protocol import SCHEMA, TOOL, question
from traffic.export.formats import FORMATS, Exported, Format, exported
from traffic.plan.planned import PlannedQuestion
from traffic.request.protocol import build, opening, said_by_user

PLAIN = question(question_id="cod-0001", turns=("Why?",), prefix="#1 ")
TALK = question(question_id="trn-0001", turns=("One?", "Two?"))
SYSTEM = question(question_id="rol-0001", system="Be brief.", prefix="#2 ")
TOOLS = question(question_id="ext-0001", tools=(TOOL,))
FORMAT = question(question_id="ext-0002", format=SCHEMA)
ALL = (PLAIN, TALK, SYSTEM, TOOLS, FORMAT)


def made(name: Format, *questions: PlannedQuestion, turns: int = 1) -> Exported:
    return exported(name, questions, api="openai", model="m:1b", turns=turns)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("guidellm", {"prompt": "#1 Why?"}),
        ("vllm", {"prompt": "#1 Why?"}),
        ("aiperf", {"text": "#1 Why?"}),
        ("aiperf-multi-turn", {"session_id": "cod-0001", "turns": [{"text": "#1 Why?"}]}),
        ("k6", {"id": "cod-0001", "kind": "code", "turns": ["#1 Why?"], "max_tokens": 40}),
    ],
)
def test_a_plain_question_in_each_format(name: Format, record: dict[str, Any]) -> None:
    assert made(name, PLAIN).records == (record,)


@pytest.mark.parametrize(
    ("name", "ids", "reasons"),
    [
        ("guidellm", ["cod-0001"], {"of several turns", "with a system prompt", "with tools"}),
        ("vllm", ["cod-0001"], {"of several turns", "with a schema for the answer"}),
        ("aiperf", ["cod-0001"], {"of several turns", "with a schema for the answer"}),
        ("aiperf-multi-turn", ["cod-0001", "trn-0001", "rol-0001"], {"with tools"}),
        ("aiperf-raw-payload", ["cod-0001", "rol-0001", "ext-0001", "ext-0002"], set()),
        ("k6", [one.question_id for one in ALL], set()),
    ],
)
def test_what_a_format_cannot_carry_is_left_out_and_counted(
    name: Format, ids: list[str], reasons: set[str]
) -> None:
    found = made(name, *ALL)
    assert list(found.ids) == ids
    assert found.left_out == len(ALL) - len(ids)
    assert reasons <= set(found.reasons)


def test_guidellm_has_questions_of_one_number_of_turns_in_a_file() -> None:
    found = made("guidellm", *ALL, turns=2)
    assert found.records == ({"prompt_0": "One?", "prompt_1": "Two?"},)
    assert found.reasons["of other than 2 turns"] == 4


def test_a_session_of_aiperf_begins_with_its_system_prompt() -> None:
    (record,) = made("aiperf-multi-turn", SYSTEM).records
    assert record["turns"] == [{"role": "system", "text": "#2 Be brief."}, {"text": "Why?"}]


@pytest.mark.parametrize("asked", [PLAIN, SYSTEM, TOOLS, FORMAT], ids=lambda one: one.question_id)
def test_a_raw_payload_is_the_very_body_that_is_sent(asked: PlannedQuestion) -> None:
    (record,) = made("aiperf-raw-payload", asked).records
    sent = build("openai", "m:1b", asked, [*opening(asked), said_by_user(asked, 0)])
    assert json.dumps(record, ensure_ascii=False).encode() == sent


def test_a_planned_model_stands_in_its_payload() -> None:
    (record,) = made("aiperf-raw-payload", question(model="other:7b")).records
    assert record["model"] == "other:7b"


def test_k6_has_all_of_a_question() -> None:
    records = {record["id"]: record for record in made("k6", *ALL).records}
    assert records["rol-0001"]["system"] == "#2 Be brief."
    assert records["ext-0001"]["tools"] == [TOOL]
    assert records["ext-0002"]["format"] == SCHEMA


@pytest.mark.parametrize("name", FORMATS)
def test_no_record_looks_like_one_of_another_benchmark(name: Format) -> None:
    for record in made(name, *ALL).records:
        assert not {"question_id", "category", "messages"} <= record.keys()
        # guidellm takes a column for whatever its name says
        if name == "guidellm":
            assert not {"context", "text", "tools", "duration", "output_tokens_count"} & set(record)


@pytest.mark.parametrize("name", FORMATS)
def test_texts_to_embed_are_left_out(name: Format) -> None:
    found = made(name, question(turns=("",), inputs=("Sea", "Lake")))
    assert (found.records, dict(found.reasons)) == ((), {"with texts to embed": 1})
