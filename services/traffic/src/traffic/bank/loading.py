"""Reads the bank: one JSONL file a category, contexts beside them, errors with their line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from traffic.bank.questions import PLACEHOLDER, Category, Question
from traffic.refusals import RefusedError


class BankError(RefusedError):
    """The bank cannot be used; the message says which file, which line and why."""


@dataclass(frozen=True, slots=True)
class Bank:
    """All questions, in the order of the files, and the contexts they refer to."""

    questions: tuple[Question, ...]
    contexts: dict[str, str]

    def of(self, category: Category) -> list[Question]:
        """The questions of one category."""
        return [question for question in self.questions if question.category is category]

    def turns(self, question: Question) -> tuple[str, ...]:
        """What the user says, with the context in its place."""
        context = self.contexts[question.context_ref] if question.context_ref else ""
        return tuple(turn.content.replace(PLACEHOLDER, context) for turn in question.turns)


def load_bank(directory: Path) -> Bank:
    """Read every category file and every context. Raises BankError."""
    questions: list[Question] = []
    for category in Category:
        questions += _read_category(directory / f"{category}.jsonl", category)
    contexts = {
        path.stem: _read(path).strip() for path in sorted((directory / "contexts").glob("*.txt"))
    }
    _refuse_strays(questions, contexts)
    return Bank(tuple(questions), contexts)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BankError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BankError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error


def _read_category(path: Path, category: Category) -> list[Question]:
    questions, lines = [], dict[str, int]()
    for number, line in enumerate(re.split(r"\r?\n", _read(path).rstrip("\r\n")), start=1):
        try:
            question = Question.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            said = f"{where}: {first['msg']}" if where else first["msg"]
            raise BankError(f"{path}:{number}: {said}") from error
        if question.category is not category:
            raise BankError(f"{path}:{number}: {question.category} does not belong in this file")
        if (other := lines.setdefault(question.id, number)) != number:
            raise BankError(
                f"{path}:{number}: two questions have the id {question.id}, as line {other} has it"
            )
        questions.append(question)
    return questions


def _refuse_strays(questions: Sequence[Question], contexts: dict[str, str]) -> None:
    for question in questions:
        if question.context_ref is not None and question.context_ref not in contexts:
            raise BankError(f"{question.id} refers to a missing context {question.context_ref}")
