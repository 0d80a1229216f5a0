"""What a question expects of its answer: schemas, tools and checks that can be used."""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from traffic.questions import Bank, Question
from traffic.validators import accepts

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")


def schemas(bank: Bank) -> Iterator[str]:
    """Formats and tools that are no JSON Schema, or none that every server takes."""
    for question in bank.questions:
        if question.format is not None:
            yield from _format(question, question.format)
        for tool in question.tools or ():
            yield from _tool(question, tool)


def _format(question: Question, schema: dict[str, Any]) -> Iterator[str]:
    if said := _no_schema(schema):
        yield f"{question.id}: its format is no JSON Schema: {said}"
    elif schema.get("type") != "object":
        yield f"{question.id}: its format is no object"
    elif schema.get("required") != list(schema.get("properties", {})):
        yield f"{question.id}: its format does not require all that it names"


def _tool(question: Question, tool: dict[str, Any]) -> Iterator[str]:
    function = tool.get("function", {})
    if tool.get("type") != "function" or not _NAME.fullmatch(str(function.get("name", ""))):
        yield f"{question.id}: a tool is no function with a name"
        return
    parameters = function.get("parameters", {})
    where = f"{question.id}: the parameters of {function['name']}"
    if said := _no_schema(parameters):
        yield f"{where} are no JSON Schema: {said}"
    elif parameters.get("type") != "object":
        yield f"{where} are no object"
    elif missing := set(parameters.get("required", ())) - set(parameters.get("properties", {})):
        yield f"{where} require {', '.join(sorted(missing))}, which they do not name"


def _no_schema(schema: dict[str, Any]) -> str | None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return str(error.message)
    return None


def checks(bank: Bank) -> Iterator[str]:
    """Checks that refuse a good answer, or do not see that it broke off."""
    for question in bank.questions:
        check, sample = question.check, question.sample
        if check is None or sample is None:
            continue
        if not accepts(check, question.format, sample):
            yield f"{question.id}: its check refuses its own sample"
        if accepts(check, question.format, sample[: len(sample) // 2]):
            yield f"{question.id}: its check accepts the first half of its sample"
