"""Texts to embed are read strictly, one or a list of them."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.traffic.bank.test_loading import to_embed, write_bank, write_fixture
from traffic.bank.embeddings import Embedding
from traffic.bank.loading import BankError, load_bank
from traffic.bank.questions import Fixture


@pytest.mark.parametrize("given", ["Sea", ["Sea", "Lake"], ["Sea"] * 64])
def test_a_text_and_a_list_are_kept_as_they_are_written(tmp_path: Path, given: Any) -> None:
    write_fixture(write_bank(tmp_path), Fixture.EMBEDDINGS, [to_embed(input=given)])
    (record,) = load_bank(tmp_path).every({Fixture.EMBEDDINGS})
    assert isinstance(record, Embedding)
    assert record.input == (given if isinstance(given, str) else tuple(given))


BROKEN: list[dict[str, Any]] = [
    {"input": ""},
    {"input": []},
    {"input": ["Sea"]},
    {"input": ["Sea", ""]},
    {"input": ["Sea"] * 65},
    {"input": [1, 2]},
    {"lang": "English"},
    {"id": "edg-0001"},
    {"category": "edge"},
    {"turns": []},
]


@pytest.mark.parametrize("changes", BROKEN)
def test_a_broken_record_is_refused_with_its_line(tmp_path: Path, changes: dict[str, Any]) -> None:
    records = [to_embed(9), to_embed(1) | changes]
    write_fixture(write_bank(tmp_path), Fixture.EMBEDDINGS, records)
    with pytest.raises(BankError, match=r"embeddings\.jsonl:2: "):
        load_bank(tmp_path)
