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
        ({"type": "nope"}, "format.type 'nope' is no type"),
        ({"type": ["string", 5]}, "format.type 5 is no type"),
        ({"not": {}}, "format.not is not supported"),
        ({"properties": {"a": {"enum": []}}}, "format.properties.a.enum is empty"),
        ({"items": {"$ref": "#/$defs/x"}}, "format.items.$ref '#/$defs/x' leads nowhere"),
        ({"anyOf": [{"pattern": "(?=a)"}]}, "format.anyOf[0].pattern is no supported"),
        ({"pattern": "("}, "format.pattern is no supported"),
        ({"format": "phone"}, "format.format 'phone' is not supported"),
        ({"items": 3}, "format.items must be an object, found int"),
    ],
)
def test_what_cannot_be_held_is_refused_with_its_place(schema: Any, problem: str) -> None:
    with pytest.raises(ApiError) as caught:
        schemas.checked(schema)
    assert caught.value.status == 400
    assert problem in caught.value.message


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
