from pathlib import Path

import pytest

from stack.envfile import read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_values_are_taken_as_they_stand(path: Path) -> None:
    path.write_text("# mine\n\nA=1\nexport B = 'a$HOME b' # why\nC=\nD=\"two\nlines\"\n")
    assert read(path) == ({"A": "1", "B": "a$HOME b", "C": "", "D": "two\nlines"}, [])


def test_no_file_holds_nothing(path: Path) -> None:
    assert read(path) == ({}, [])


@pytest.mark.parametrize("line", ["this is not a line", "KEY='open", 'KEY="open', "PROXY_PORT"])
def test_a_line_that_cannot_be_read_is_named_by_its_number_alone(path: Path, line: str) -> None:
    path.write_text(f"A=1\n\n# mine\n\n{line}\nB=2\n")
    found, mistakes = read(path)
    assert mistakes == [".env, line 5: not NAME=value, or its quotes do not close"]
    assert found == {"A": "1", "B": "2"}


def test_every_such_line_is_named_at_once(path: Path) -> None:
    path.write_text("no line\nA=1\nnone either\n")
    _, mistakes = read(path)
    assert [mistake.partition(":")[0] for mistake in mistakes] == [".env, line 1", ".env, line 3"]


@pytest.mark.parametrize("line", [b"B=\xff", b"# f\xfcr mich", b"\nB='\nx\xff'"])
def test_a_byte_that_is_no_text_is_named_by_its_line(path: Path, line: bytes) -> None:
    path.write_bytes(b"A=1\n" + line + b"\nC=3\n")
    number = 2 + line.count(b"\n")
    assert read(path) == ({"A": "1", "C": "3"}, [f".env, line {number}: not UTF-8"])


def test_a_folder_of_that_name_is_said_to_be_one(path: Path) -> None:
    path.mkdir()
    assert read(path) == ({}, [".env cannot be read: Is a directory"])
