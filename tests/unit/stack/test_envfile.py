from pathlib import Path

import pytest

from stack.envfile import read
from stack.errors import SettingsError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_values_are_taken_as_they_stand(path: Path) -> None:
    path.write_text("# mine\n\nA=1\nexport B = 'a$HOME b' # why\nC=\nD=\"two\nlines\"\n")
    assert read(path) == {"A": "1", "B": "a$HOME b", "C": "", "D": "two\nlines"}


def test_no_file_holds_nothing(path: Path) -> None:
    assert read(path) == {}


@pytest.mark.parametrize("line", ["this is not a line", "KEY='open", 'KEY="open', "PROXY_PORT"])
def test_a_line_that_cannot_be_read_is_named_by_its_number_alone(path: Path, line: str) -> None:
    path.write_text(f"A=1\n\n# mine\n\n{line}\nB=2\n")
    with pytest.raises(SettingsError) as caught:
        read(path)
    assert str(caught.value).startswith(".env, line 5: not NAME=value")
    assert line not in str(caught.value)


def test_every_such_line_is_named_at_once(path: Path) -> None:
    path.write_text("no line\nA=1\nnone either\n")
    with pytest.raises(SettingsError, match=r"line 1: [^\n]*\n.env, line 3: "):
        read(path)


def test_a_byte_that_is_no_text_is_named_by_its_line(path: Path) -> None:
    path.write_bytes(b"A=1\nB=\xff\n")
    with pytest.raises(SettingsError, match=r"^\.env, line 2: not UTF-8$"):
        read(path)


def test_a_folder_of_that_name_is_said_to_be_one(path: Path) -> None:
    path.mkdir()
    with pytest.raises(SettingsError, match=r"^\.env cannot be read: Is a directory$"):
        read(path)
