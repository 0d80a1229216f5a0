"""A schema that could not be used is refused with its place."""

from typing import Any

import pytest

from traffic.bank.schemas import usable_schema, usable_tool


def function(**parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "look", "parameters": parameters}}


def test_a_schema_is_handed_back_as_it_is() -> None:
    schema = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^[A-Z]++$"}}}
    assert usable_schema(schema) is schema
    tool = function(**schema)
    assert usable_tool(tool) is tool


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "objekt"}, r"no JSON schema at type: 'objekt' is not valid under any"),
        (
            {"properties": {"n": {"minimum": "one"}}},
            "no JSON schema at properties/n/minimum: 'one'",
        ),
        ({"required": "n"}, "at required: 'n' is not of type 'array'"),
        ({"properties": {"n": {"pattern": "("}}}, "at properties/n/pattern: .* 'regex'"),
    ],
)
def test_what_is_no_schema_is_told_with_its_place(schema: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        usable_schema(schema)
    with pytest.raises(ValueError, match=said):
        usable_tool(function(**schema))


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ({"type": "function"}, "expected the function of a tool, found None"),
        ({"function": {"parameters": "none"}}, "expected parameters as a schema, found 'none'"),
    ],
)
def test_a_tool_of_another_shape_is_refused(tool: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        usable_tool(tool)


def test_a_tool_may_take_no_parameters() -> None:
    tool = {"type": "function", "function": {"name": "now"}}
    assert usable_tool(tool) is tool


def test_a_complaint_is_a_sentence_and_no_document() -> None:
    with pytest.raises(ValueError, match="no JSON schema") as caught:
        usable_schema({"required": "n" * 10_000})
    assert len(str(caught.value)) < 300
