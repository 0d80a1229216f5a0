"""What a question expects of its answer: schemas, tools and checks that can be used."""

import re
from collections.abc import Iterator
from typing import Any

from traffic.bank.loading import Bank
from traffic.bank.questions import Question
from traffic.bank.validators import accepts

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")


def schemas(bank: Bank) -> Iterator[str]:
    """Formats and tools that not every server takes; that they are JSON Schema is seen at load."""
    for question in bank.questions:
        if question.format is not None:
            yield from _format(question, question.format)
        for tool in question.tools or ():
            yield from _tool(question, tool)


def _format(question: Question, schema: dict[str, Any]) -> Iterator[str]:
    if schema.get("type") != "object":
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
    if parameters.get("type") != "object":
        yield f"{where} are no object"
    elif missing := set(parameters.get("required", ())) - set(parameters.get("properties", {})):
        yield f"{where} require {', '.join(sorted(missing))}, which they do not name"


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
