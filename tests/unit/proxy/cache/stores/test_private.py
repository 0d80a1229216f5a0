"""Files that are nobody else's, from the first moment."""

import os
import threading
from pathlib import Path

import pytest

from proxy.cache.stores.private import check_room, locked, made, set_aside


def test_a_file_is_made_for_its_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made(tmp_path / "answers")
    finally:
        os.umask(before)
    assert (tmp_path / "answers").stat().st_mode & 0o777 == 0o600


def test_one_that_is_there_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    path.write_bytes(b"content")
    (tmp_path / "answers-wal").write_bytes(b"log")
    made(path)
    assert path.read_bytes() == b"content"
    assert {found.stat().st_mode & 0o777 for found in tmp_path.iterdir()} == {0o600}


def test_a_place_without_a_folder_or_with_one_is_none(tmp_path: Path) -> None:
    check_room(tmp_path / "answers")
    with pytest.raises(ValueError, match=r"expected a folder .*/gone to keep answers in, found no"):
        check_room(tmp_path / "gone" / "answers")
    with pytest.raises(ValueError, match="expected a file, found something else"):
        check_room(tmp_path)


def test_what_is_set_aside_takes_its_log_along(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    for name in ("answers", "answers-wal", "answers.foreign-1"):
        (tmp_path / name).write_text(name)
    assert set_aside(path, "foreign", is_ours=False) == tmp_path / "answers.foreign-2"
    assert {found.name: found.read_text() for found in tmp_path.iterdir()} == {
        "answers.foreign-1": "answers.foreign-1",
        "answers.foreign-2": "answers",
        "answers.foreign-2-wal": "answers-wal",
    }


def test_one_at_a_time_makes_and_moves(tmp_path: Path) -> None:
    entered, inside = threading.Event(), threading.Event()

    def enter() -> None:
        inside.set()
        with locked(tmp_path):
            entered.set()

    with locked(tmp_path):
        other = threading.Thread(target=enter)
        other.start()
        assert inside.wait(5)
        assert not entered.wait(0.1)
    other.join(5)
    assert entered.is_set()
