"""A run finds its questions."""

from pathlib import Path

import pytest

from tests.unit.traffic.test_settings import settings
from traffic.bank.loading import BankError
from traffic.bank.place import CHECKOUT_QUESTIONS, bank_of
from traffic.bank.questions import Category


def test_the_checkouts_questions_are_asked_where_nothing_else_is_said() -> None:
    assert (CHECKOUT_QUESTIONS / "schema.json").is_file()
    assert {question.category for question in bank_of(settings()).questions} == set(Category)


def test_another_folder_is_read_in_their_place(tmp_path: Path) -> None:
    with pytest.raises(BankError, match=f"cannot read {tmp_path}"):
        bank_of(settings(questions_directory=tmp_path))
