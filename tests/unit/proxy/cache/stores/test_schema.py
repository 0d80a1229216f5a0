"""Opening a file: ours, none, somebody else's, or what was ours."""

import sqlite3
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from proxy.cache.stores.schema import APPLICATION, VERSION, open_file


def _names(folder: Path) -> set[str]:
    return {found.name for found in folder.iterdir() if not found.name.endswith(("-wal", "-shm"))}


def test_a_new_one_is_ours_and_nobody_elses_to_read(tmp_path: Path) -> None:
    connection = open_file(tmp_path / "answers")
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    modes = {found.name: found.stat().st_mode & 0o777 for found in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("answers", "answers-wal", "answers-shm"), 0o600)
    connection.close()


def test_one_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    open_file(path).close()
    path.chmod(0o644)
    open_file(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"certainly no database\n" * 400, b"x"])
def test_what_is_no_database_is_set_aside_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers"
    path.write_bytes(content)
    with capture_logs() as logs:
        open_file(path).close()
    assert (tmp_path / "answers.foreign-1").read_bytes() == content
    assert [(log["event"], log["found"]) for log in logs] == [("cache_file_set_aside", "foreign")]


def test_a_database_of_somebody_else_is_set_aside_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    for number in range(5):
        other = sqlite3.connect(path)
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE theirs (number)")
        other.execute("INSERT INTO theirs VALUES (?)", (number,))
        other.commit()
        # it is still open, as after a crash: what it wrote is in the log alone
        open_file(path).close()
        path.unlink()
        kept = sqlite3.connect(tmp_path / f"answers.foreign-{number + 1}")
        assert kept.execute("SELECT number FROM theirs").fetchall() == [(number,)]
        kept.close()
        other.close()


def test_one_of_another_version_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    connection = open_file(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    open_file(path).close()
    assert _names(tmp_path) == {"answers", "answers.foreign-1"}


def test_spoilt_ones_do_not_fill_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    for _ in range(6):
        open_file(path, is_spoilt=True).close()
    assert _names(tmp_path) == {"answers", *(f"answers.corrupt-{n}" for n in (1, 2, 3))}


def test_ours_is_opened_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    first = open_file(path)
    first.execute("INSERT INTO entries VALUES (1, x'01', 10, 0, 1, NULL, NULL)")
    second = open_file(path)
    assert second.execute("SELECT entries, bytes FROM held").fetchone() == (1, 10)
    first.close()
    second.close()
    assert _names(tmp_path) == {"answers"}
