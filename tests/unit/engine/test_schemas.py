from typing import Any

import pytest

from engine import schemas
from engine.errors import ApiError


@pytest.mark.parametrize("wanted", [None, ""])
def test_no_format_is_free_text(wanted: Any) -> None:
    assert schemas.of_format(wanted) is None


def test_json_is_any_object() -> None:
    assert schemas.of_format("json") == {"type": "object"}


@pytest.mark.parametrize("wanted", ["xml", 7, ["object"]])
def test_another_word_is_refused(wanted: Any) -> None:
    with pytest.raises(ApiError, match="invalid format"):
        schemas.of_format(wanted)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "nope"}, 'format.type "nope" is no type'),
        ({"type": ["string", 5]}, "format.type 5 is no type"),
        ({"not": {}}, "format.not is not supported"),
        ({"properties": {"a": {"enum": []}}}, "format.properties.a.enum is empty"),
        ({"items": {"$ref": "#/$defs/x"}}, 'format.items.$ref "#/$defs/x" leads nowhere'),
        ({"anyOf": [{"pattern": "(?=a)"}]}, "format.anyOf[0].pattern is no supported"),
        ({"pattern": "("}, "format.pattern is no supported"),
        ({"format": "phone"}, 'format.format "phone" is not supported'),
        ({"items": 3}, "format.items must be an object, found int"),
        ({"type": {}}, "format.type {} is no type"),
        ({"format": []}, "format.format [] is not supported"),
        ({"properties": 5}, "format.properties must be an object"),
        ({"allOf": {}}, "format.allOf must be an array"),
        ({"enum": 5}, "format.enum must be an array"),
        ({"required": [5]}, "format.required must be an array of strings"),
        ({"minimum": "x"}, "format.minimum must be a number"),
        ({"maximum": 10**200}, "format.maximum must be a number within"),
        ({"minLength": -1}, "format.minLength must be a whole number"),
        ({"minItems": True}, "format.minItems must be a whole number"),
        ({"pattern": 5}, "format.pattern is no supported"),
        ({"pattern": "(a+)+$b"}, "format.pattern is no supported"),
        ({"pattern": "((a{100}){100}){100}"}, "format.pattern is no supported"),
        ({"pattern": "a" * 1000}, "format.pattern is no supported"),
        ({"patternProperties": {"(": {}}}, "format.patternProperties has no supported"),
        ({"minItems": 10**9}, "minItems and maxItems add up to 1000000000, at most 10000"),
        ({"minItems": 6000, "items": {"minItems": 6000}}, "add up to 12000, at most 10000"),
        ({"enum": ["x" * 200_000]}, "bytes, at most 100000"),
    ],
)
def test_what_cannot_be_held_is_refused_with_its_place(schema: Any, problem: str) -> None:
    with pytest.raises(ApiError) as caught:
        schemas.checked(schema)
    assert caught.value.status == 400
    assert problem in caught.value.message


@pytest.mark.parametrize("levels", [65, 900])
def test_a_schema_that_is_nested_too_deeply_is_refused(levels: int) -> None:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"items": schema}
    with pytest.raises(ApiError, match="nested deeper than 64 levels"):
        schemas.checked(schema)


def test_a_pattern_may_have_anchors_at_its_ends_and_classes_with_any_sign() -> None:
    schema = {"pattern": r"^[^$]\$[a-z]{2,5}$"}
    assert schemas.checked(schema) is schema


def test_a_schema_that_can_be_held_is_passed_on_as_it_is() -> None:
    schema = {
        "title": "Colours",
        "type": "object",
        "properties": {
            "one": {"$ref": "#/$defs/colour"},
            "many": {"type": "array", "items": {"type": ["string", "null"]}, "minItems": 1},
            "free": True,
        },
        "additionalProperties": False,
        "$defs": {"colour": {"type": "string", "pattern": "^[a-z]+$"}},
    }
    assert schemas.checked(schema) is schema
