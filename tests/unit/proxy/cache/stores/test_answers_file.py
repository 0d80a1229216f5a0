"""The file of answers, when something happens to it."""

import os
import sqlite3
from pathlib import Path

import pytest

from proxy.cache.stores.answers_file import AnswersFile
from proxy.cache.stores.store import Bounds, Cause, Held, StoreError
from tests.caches import NOW, a_key, an_entry

BOUNDS = Bounds(1_000, 50_000_000, 60.0)


def _filled(path: Path, count: int = 200) -> AnswersFile:
    file = AnswersFile(path, BOUNDS)
    for number in range(count):
        file.put(a_key(number), an_entry(bytes(5_000)), None, NOW)
    return file


def _spoil(path: Path) -> None:
    """All but the first page is of something else."""
    with path.open("r+b") as opened:
        opened.seek(4096)
        opened.write(os.urandom(path.stat().st_size - 4096))


def test_one_that_turns_corrupt_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    _filled(path).close()
    file = AnswersFile(path, BOUNDS)
    assert file.get(a_key(1), NOW) is not None
    _spoil(path)
    with pytest.raises(StoreError, match="malformed"):
        for number in range(200):
            file.get(a_key(number), NOW)
    file.put(a_key(1), an_entry(), None, NOW)
    assert file.held(NOW)[0] == Held(1, an_entry().size_bytes)
    assert (tmp_path / "answers.corrupt-1").stat().st_size > 4096
    file.close()


def test_one_that_another_process_has_set_aside_is_not_set_aside_again(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    _filled(path).close()
    one, other = AnswersFile(path, BOUNDS), AnswersFile(path, BOUNDS)
    for file in (one, other):
        assert file.get(a_key(1), NOW) is not None
    _spoil(path)
    with pytest.raises(StoreError):
        for number in range(200):
            one.get(a_key(number), NOW)
    one.put(a_key(7), an_entry(), None, NOW)
    assert other.get(a_key(7), NOW) == an_entry()
    assert [found.name for found in tmp_path.glob("*.corrupt-?")] == ["answers.corrupt-1"]
    one.close()
    other.close()


def test_one_that_somebody_removed_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    file = _filled(path, 3)
    for found in tmp_path.iterdir():
        found.unlink()
    assert file.get(a_key(1), NOW) is None
    file.put(a_key(1), an_entry(), None, NOW)
    assert file.get(a_key(1), NOW) == an_entry()
    file.close()


def test_an_answer_that_has_changed_is_none(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    file = _filled(path, 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("UPDATE answers SET packed = zeroblob(length(packed))")
    other.close()
    assert file.get(a_key(0), NOW) is None
    file.put(a_key(0), an_entry(), None, NOW)
    assert file.get(a_key(0), NOW) == an_entry()
    file.close()


def test_one_that_is_held_up_by_another_is_asked_again_later(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    file = _filled(path, 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        file.put(a_key(1), an_entry(), None, NOW)
    assert file.get(a_key(0), NOW) is not None
    other.execute("ROLLBACK")
    other.close()
    file.put(a_key(1), an_entry(), None, NOW)
    assert file.held(NOW)[0].entries == 2
    file.close()


def test_a_change_is_whole_or_none(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    file = _filled(path, 1)
    before = file.held(NOW)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON answers BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with pytest.raises(StoreError, match="no"):
        file.put(a_key(0), an_entry(), None, NOW)
    other.execute("DROP TRIGGER refuse")
    other.close()
    assert file.held(NOW) == before
    assert file.get(a_key(0), NOW) == an_entry(bytes(5_000))
    file.close()


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    file = AnswersFile(tmp_path / "gone" / "answers", BOUNDS)
    with pytest.raises(StoreError, match="gone/answers: No such file or directory"):
        file.get(a_key(1), NOW)
    (tmp_path / "gone").mkdir()
    assert file.get(a_key(1), NOW) is None
    file.close()


def test_what_is_noted_as_used_goes_last(tmp_path: Path) -> None:
    file = AnswersFile(tmp_path / "answers", Bounds(3, 10_000_000, 60.0))
    for number in range(3):
        file.put(a_key(number), an_entry(), None, NOW)
    file.touch([a_key(1), a_key(0)])
    for number in (3, 4):
        _, gone = file.put(a_key(number), an_entry(), None, NOW)
        assert gone[Cause.ENTRIES] == 1
    assert [number for number in range(5) if file.get(a_key(number), NOW)] == [0, 3, 4]
    file.close()


def test_what_is_too_old_is_not_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    file = AnswersFile(path, BOUNDS)
    for number in range(20):
        file.put(a_key(number), an_entry(b"a secret of somebody " * 500), None, NOW)
    held, gone = file.held(NOW + 61)
    assert (held, gone[Cause.AGE]) == (Held(0, 0), 20)
    file.close()  # what the log still held is in the file now, or nowhere
    assert path.stat().st_size > 20 * 5_000
    assert not any(b"a secret of" in found.read_bytes() for found in tmp_path.iterdir())
