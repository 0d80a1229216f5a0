"""Reads the bank: one JSONL file a category, contexts beside them, errors with their line."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from traffic.bank.embeddings import Embedding, Record
from traffic.bank.questions import PLACEHOLDER, Category, Fixture, Kind, Question
from traffic.bank.sentences import sentence
from traffic.refusals import RefusedError

R = TypeVar("R", Question, Embedding)


class BankError(RefusedError):
    """The bank cannot be used; the message says which file, which line and why."""


@dataclass(frozen=True, slots=True)
class Bank:
    """All questions, in the order of the files, the contexts they refer to, and the fixtures."""

    questions: tuple[Question, ...]
    contexts: dict[str, str]
    fixtures: tuple[Record, ...] = ()

    def of(self, category: Category) -> list[Question]:
        """The questions of one category."""
        return [question for question in self.questions if question.category is category]

    def every(self, kinds: Container[Kind]) -> list[Record]:
        """All that is of these categories and fixtures."""
        return [one for one in (*self.questions, *self.fixtures) if one.category in kinds]

    def turns(self, question: Question) -> tuple[str, ...]:
        """What the user says, with the context in its place."""
        context = self.contexts[question.context_ref] if question.context_ref else ""
        if question.repeat is not None:
            context = question.repeat.text * question.repeat.times
        return tuple(turn.content.replace(PLACEHOLDER, context) for turn in question.turns)


def fixture_file(directory: Path, fixture: Fixture) -> Path:
    """Where the records of a fixture are."""
    return directory / "fixtures" / f"{fixture}.jsonl"


def load_bank(directory: Path) -> Bank:
    """Read every category file, every context, and the fixtures that there are. Raises BankError.

    A bank need not have fixtures: they are no questions that people ask.
    """
    questions: list[Question] = []
    for category in Category:
        questions += _records(directory / f"{category}.jsonl", category, Question)
    contexts = {
        path.stem: _read(path).strip() for path in sorted((directory / "contexts").glob("*.txt"))
    }
    fixtures: list[Record] = []
    for fixture in Fixture:
        if _is_there(path := fixture_file(directory, fixture)):
            fixtures += _fixture(path, fixture)
    asking = [one for one in fixtures if isinstance(one, Question)]
    _refuse_strays([*questions, *asking], contexts)
    return Bank(tuple(questions), contexts, tuple(fixtures))


def _fixture(path: Path, fixture: Fixture) -> Sequence[Record]:
    if fixture is Fixture.EMBEDDINGS:
        return _records(path, fixture, Embedding)
    return _records(path, fixture, Question)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise BankError(f"cannot read {path}: {error.strerror}") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BankError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BankError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error


def _records(path: Path, kind: Kind, model: type[R]) -> list[R]:
    records, lines = list[R](), dict[str, int]()
    for number, line in enumerate(re.split(r"\r?\n", _read(path).rstrip("\r\n")), start=1):
        try:
            record = model.model_validate_json(line)
        except ValidationError as error:
            blank = "expected a record, found a blank line"
            said = sentence(error, kind) if line.strip() else blank
            raise BankError(f"{path}:{number}: {said}") from error
        if record.category is not kind:
            raise BankError(f"{path}:{number}: {record.category} does not belong in this file")
        if (other := lines.setdefault(record.id, number)) != number:
            raise BankError(
                f"{path}:{number}: two questions have the id {record.id}, as line {other} has it"
            )
        records.append(record)
    return records


def _refuse_strays(questions: Sequence[Question], contexts: dict[str, str]) -> None:
    for question in questions:
        if question.context_ref is not None and question.context_ref not in contexts:
            raise BankError(f"{question.id} refers to a missing context {question.context_ref}")
