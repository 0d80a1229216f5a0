"""The bank is read whole, and what is wrong is said with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rights import open_folder, without_rights
from traffic.bank.embeddings import Embedding
from traffic.bank.loading import Bank, BankError, fixture_file, load_bank
from traffic.bank.questions import PREFIXES, Category, Fixture, Question


def record(category: Category = Category.CODE, number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{PREFIXES[category]}-{number:04d}",
        "v": 1,
        "category": category,
        "turns": [{"role": "user", "content": f"{category} {number}?"}],
        "lang": "en",
        "difficulty": 1,
        "expect": {"len_class": "XS", "max_tokens": 40},
        "tags": ["test"],
        "source": "original",
    } | changes


def write_bank(directory: Path, each: int = 3, code: list[dict[str, Any]] | None = None) -> Path:
    for category in Category:
        records = [record(category, number) for number in range(1, each + 1)]
        if category is Category.CODE and code is not None:
            records = code
        lines = "".join(json.dumps(item) + "\n" for item in records)
        (directory / f"{category}.jsonl").write_text(lines, encoding="utf-8")
    return directory


def odd(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A record of the fixture edge."""
    return record(number=number) | {"id": f"edg-{number:04d}", "category": "edge"} | changes


def to_embed(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"emb-{number:04d}",
        "v": 1,
        "category": "embeddings",
        "input": ["Sea", f"Lake {number}"],
        "lang": "en",
        "tags": ["test"],
        "source": "original",
    } | changes


def write_fixture(directory: Path, fixture: Fixture, records: list[dict[str, Any]]) -> Path:
    path = fixture_file(directory, fixture)
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return path


def write_fixtures(directory: Path, edge: int = 0, embeddings: int = 0) -> Path:
    """Fixtures with so many records, where there are to be any."""
    if edge:
        write_fixture(directory, Fixture.EDGE, [odd(n) for n in range(1, edge + 1)])
    if embeddings:
        records = [to_embed(n) for n in range(1, embeddings + 1)]
        write_fixture(directory, Fixture.EMBEDDINGS, records)
    return directory


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return load_bank(write_bank(tmp_path))


def test_a_bank_keeps_the_order_of_its_files(bank: Bank) -> None:
    assert [item.id for item in bank.of(Category.CODE)] == ["cod-0001", "cod-0002", "cod-0003"]
    assert len(bank.questions) == 30


def test_a_line_that_is_no_json_is_refused_with_its_number(tmp_path: Path) -> None:
    path = write_bank(tmp_path) / "code.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + "{oops\n", encoding="utf-8")
    with pytest.raises(BankError, match=r"code\.jsonl:4: .*JSON"):
        load_bank(tmp_path)


def test_a_line_separator_inside_a_question_does_not_end_its_line(tmp_path: Path) -> None:
    odd = record(turns=[{"role": "user", "content": "before\u2028after"}])
    path = write_bank(tmp_path) / "code.jsonl"
    path.write_text(json.dumps(odd, ensure_ascii=False) + "\n", encoding="utf-8")
    assert load_bank(tmp_path).of(Category.CODE)[0].turns[0].content == "before\u2028after"


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    write_bank(tmp_path, code=[record(), record()])
    with pytest.raises(
        BankError, match=r"code\.jsonl:2: two questions have the id cod-0001, as line 1"
    ):
        load_bank(tmp_path)


def test_a_context_fills_its_place_and_a_missing_one_is_refused(tmp_path: Path) -> None:
    asking = record(
        turns=[{"role": "user", "content": "Sum up: {context}"}],
        context_ref="story",
        context_tokens=1000,
    )
    write_bank(tmp_path, code=[asking])
    with pytest.raises(BankError, match="cod-0001 refers to a missing context story"):
        load_bank(tmp_path)
    (tmp_path / "contexts").mkdir()
    (tmp_path / "contexts" / "story.txt").write_text("Once {braces}.\n", encoding="utf-8")
    bank = load_bank(tmp_path)
    assert bank.turns(bank.of(Category.CODE)[0]) == ("Sum up: Once {braces}.",)


def test_a_missing_file_and_one_that_is_not_utf8_are_named(tmp_path: Path) -> None:
    with pytest.raises(BankError, match=r"cannot read .*factual_short\.jsonl"):
        load_bank(tmp_path)
    write_bank(tmp_path)
    (tmp_path / "code.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(BankError, match=r"code\.jsonl is not UTF-8"):
        load_bank(tmp_path)


def test_fixtures_are_read_beside_the_questions_and_are_none_of_them(tmp_path: Path) -> None:
    bank = load_bank(write_fixtures(write_bank(tmp_path), edge=2, embeddings=3))
    assert len(bank.questions) == 30
    assert [one.id for one in bank.every({Fixture.EDGE})] == ["edg-0001", "edg-0002"]
    embeddings = bank.every({Fixture.EMBEDDINGS})
    assert [one.input for one in embeddings if isinstance(one, Embedding)] == [
        ("Sea", f"Lake {number}") for number in (1, 2, 3)
    ]
    assert len(bank.every({Category.CODE, Fixture.EDGE, Fixture.REFUSAL_SAFE})) == 5


def test_a_bank_without_fixtures_is_a_bank(bank: Bank) -> None:
    assert bank.fixtures == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"category": "code", "id": "cod-0001"}, r"edge\.jsonl:1: code does not belong"),
        ({"id": "cod-0001"}, r"edge\.jsonl:1: .*ids of edge begin with edg-"),
        (
            {
                "turns": [{"role": "user", "content": "{context}"}],
                "context_ref": "story",
                "context_tokens": 9,
            },
            "edg-0001 refers to a missing context story",
        ),
    ],
)
def test_a_broken_fixture_is_refused_as_a_question_is(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    write_fixture(write_bank(tmp_path), Fixture.EDGE, [odd(**changes)])
    with pytest.raises(BankError, match=said):
        load_bank(tmp_path)


def test_a_text_that_is_repeated_fills_its_place(tmp_path: Path) -> None:
    long = odd(
        turns=[{"role": "user", "content": "Read: {context}!"}], repeat={"text": "no ", "times": 3}
    )
    write_fixture(write_bank(tmp_path), Fixture.EDGE, [long])
    bank = load_bank(tmp_path)
    (question,) = bank.every({Fixture.EDGE})
    assert isinstance(question, Question)
    assert bank.turns(question) == ("Read: no no no !",)


def test_a_blank_line_is_called_that(tmp_path: Path) -> None:
    path = write_bank(tmp_path) / "code.jsonl"
    path.write_text("\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(BankError, match=r"code\.jsonl:1: expected a record, found a blank line$"):
        load_bank(tmp_path)


def test_fixtures_that_may_not_be_looked_at_are_said() -> None:
    with open_folder() as folder:
        fixtures = write_bank(folder) / "fixtures"
        fixtures.mkdir(mode=0)
        said = r"cannot read .*/fixtures/edge\.jsonl: Permission denied"
        with without_rights(), pytest.raises(BankError, match=said):
            load_bank(folder)
        fixtures.chmod(0o700)
