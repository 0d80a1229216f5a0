"""What others wrote is here as they wrote it, with its licence and where it is from."""

import base64
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import pytest

import dashboard

STATIC = Path(dashboard.__file__).parent / "static"
SHIPPED = STATIC / "vendor"
ROW = re.compile(
    r"^\| `([^`]+)` \| `([\w-]+)@([\d.]+)` \| `[^`]+` \| ([\w.-]+) \| `([^`]+)` \|$", re.MULTILINE
)


class Row(NamedTuple):
    """A file, as the list states it."""

    file: str
    package: str
    version: str
    licence: str
    sum: str


def rows(folder: Path) -> list[Row]:
    text = (folder / "VENDORED.md").read_text(encoding="utf-8")
    return [Row(*row) for row in ROW.findall(text)]


@pytest.fixture(params=[SHIPPED, Path(__file__).parent / "vendor"], ids=["page", "tests"])
def folder(request: pytest.FixtureRequest) -> Path:
    found = request.param
    assert isinstance(found, Path)
    return found


def test_every_file_is_listed_and_nothing_else_is(folder: Path) -> None:
    there = {path.name for path in folder.iterdir()} - {"VENDORED.md"}
    assert {row.file for row in rows(folder)} == there


def test_every_file_is_what_its_sum_says(folder: Path) -> None:
    for row in rows(folder):
        found = hashlib.sha512((folder / row.file).read_bytes()).digest()
        assert base64.b64encode(found).decode() == row.sum, row.file


def test_a_name_carries_the_version_and_a_package_its_licence(folder: Path) -> None:
    assert [row.file for row in rows(folder) if f"-{row.version}." not in row.file] == []
    licensed = {row.package for row in rows(folder) if row.file.endswith(".LICENSE")}
    assert licensed == {row.package for row in rows(folder)}


def test_the_page_takes_what_is_there_and_may_be_passed_on() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:src|href)="vendor/([^"]+)"', page))
    assert named == {row.file for row in rows(SHIPPED) if row.file.endswith((".js", ".css"))}
    assert {row.licence for row in rows(SHIPPED)} == {"MIT"}
