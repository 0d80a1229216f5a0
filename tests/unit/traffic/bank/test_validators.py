"""A check accepts a good answer, refuses a broken one, and never takes long."""

import json
import threading
import time
from typing import Any

import pytest
from pydantic import TypeAdapter

from traffic.bank.checks import Check
from traffic.bank.validators import ANSWER_LIMIT_CHARACTERS, MATCH_SECONDS, accepts

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "code": {"type": "string", "pattern": "^[A-Z]{2}$"}},
    "required": ["n"],
    "additionalProperties": False,
}


def check(kind: str, **values: Any) -> Check:
    adapter: TypeAdapter[Check] = TypeAdapter(Check)
    return adapter.validate_python({"kind": kind, **values})


@pytest.mark.parametrize(("answer", "passes"), [("It is Oslo.", True), ("oslo", False)])
def test_one_of_the_values_is_in_the_answer_as_it_is_written(answer: str, passes: bool) -> None:
    assert accepts(check("contains_any", values=("Oslo", "Bergen")), None, answer) is passes


@pytest.mark.parametrize(
    ("value", "answer", "passes"),
    [
        (1600, "That makes 1,600 in all.", True),
        (1600, "That makes 160 in all.", False),
        (2.5, "2.50", True),
        (2.5, "2", False),
        (-4, "x = -4", True),
        (1 / 3, "0.3333333", True),
        (1 / 3, "0.333", False),
        (7, "seven", False),
        (7, "9" * 5000, False),
    ],
)
def test_the_number_is_among_those_of_the_answer(value: float, answer: str, passes: bool) -> None:
    assert accepts(check("numeric", value=value), None, answer) is passes


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        ("- a\n- b\n- c", True),
        ("Here:\n* a\n• b\n  3. c\nDone.", True),
        ("1) a\n2) b\n3) c", True),
        ("- a\n- b", False),
        ("- a\n- b\n- c\n- d", False),
        ("a-b\nc-d\ne-f", False),
    ],
)
def test_the_points_of_a_list_are_counted(answer: str, passes: bool) -> None:
    assert accepts(check("bullets", n=3), None, answer) is passes


@pytest.mark.parametrize(("answer", "passes"), [("Rood\nand GREEN", True), ("green, red", False)])
def test_a_pattern_is_looked_for_over_all_lines(answer: str, passes: bool) -> None:
    assert accepts(check("regex", pattern=r"(?i)r[eo].*green"), None, answer) is passes


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        ("Sure:\n```python\ndef f():\n    return 1\n```\nDone.", True),
        ("```\nx = 1\n```", True),
        ("```python\ndef f():\n    return (1\n```", False),
        ("```python\ndef f():\n    ret", False),
        ("x = 1", False),
        ("```python\nx = '\0'\n```", False),
        ("```python\npath = 'C:\\d'\n```", True),
        ("```python\n" + "(" * 9000 + "\n```", False),
    ],
    ids=range(8),
)
def test_a_fenced_block_is_parsed(answer: str, passes: bool) -> None:
    assert accepts(check("python_compiles"), None, answer) is passes


def test_nothing_of_an_answer_is_run() -> None:
    answer = "```python\nimport sys\nsys.modules['it_was_run'] = sys\nraise SystemExit\n```"
    assert accepts(check("python_compiles"), None, answer)
    import sys

    assert "it_was_run" not in sys.modules


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        ('{"n": 3}', True),
        ('{"n": 3, "code": "AB"}', True),
        ('{"n": 3, "code": "abc"}', False),
        ('{"n": "three"}', False),
        ('{"m": 3}', False),
        ('{"n": 3', False),
        ("three", False),
        ("[" * 50_000, False),
    ],
    ids=range(8),
)
def test_an_answer_is_held_against_the_schema_of_its_question(answer: str, passes: bool) -> None:
    assert accepts(check("json_schema"), SCHEMA, answer) is passes


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"type": "strange"},
        {"required": 5},
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "#"},
    ],
    ids=["none", "no type", "no list", "elsewhere", "itself"],
)
def test_a_schema_that_cannot_be_used_is_satisfied_by_nothing(schema: dict[str, Any]) -> None:
    assert not accepts(check("json_schema"), schema, '{"n": 3}')


def test_what_is_longer_than_any_answer_is_not_looked_at() -> None:
    wanted = check("contains_any", values=("a",))
    assert accepts(wanted, None, "a" * ANSWER_LIMIT_CHARACTERS)
    assert not accepts(wanted, None, "a" * (ANSWER_LIMIT_CHARACTERS + 1))


HOPELESS = [
    (check("regex", pattern=r"(a|aa)+$"), None, "a" * 5000 + "b"),
    (check("bullets", n=1), None, "\n" * 60_000),
    (
        check("json_schema"),
        {"type": "string", "pattern": r"(a|aa)+$"},
        json.dumps("a" * 5000 + "b"),
    ),
]


@pytest.mark.parametrize(("wanted", "schema", "answer"), HOPELESS, ids=["regex", "list", "schema"])
def test_a_search_without_end_is_given_up(
    wanted: Check, schema: dict[str, Any] | None, answer: str
) -> None:
    began = time.thread_time()
    assert not accepts(wanted, schema, answer)
    assert MATCH_SECONDS / 4 < time.thread_time() - began < 20 * MATCH_SECONDS


def test_other_threads_run_while_a_pattern_is_searched() -> None:
    wanted, _, answer = HOPELESS[0]
    turns = 0
    searching = threading.Thread(target=accepts, args=(wanted, None, answer))
    searching.start()
    # with the interpreter's lock held until the end, there would be no turn at all
    while searching.is_alive():
        turns += 1
    assert turns > 1000
