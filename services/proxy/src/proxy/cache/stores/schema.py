"""What a file of answers looks like, and how it is opened: as ours, new, or in another's place."""

import contextlib
import sqlite3
from pathlib import Path

import structlog

from proxy.cache.stores.private import locked, made, set_aside

APPLICATION = 0x6F6F6163
"""`ooac`, in the header: what `file` and SQLite call the application's id."""
VERSION = 1
LEAST_BYTES = 512
"""What is shorter SQLite takes for empty, and writes over."""
BUSY_SECONDS = 1.0
"""Longest wait for another process, which writes for some milliseconds at a time."""

# answers are apart, so that to note a use does not write an answer again
_SCHEMA = f"""
BEGIN IMMEDIATE;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  stored_at REAL NOT NULL,
  used INTEGER NOT NULL,
  bucket BLOB,
  vector BLOB
);
CREATE TABLE answers (id INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE INDEX by_use ON entries (used);
CREATE INDEX by_age ON entries (stored_at);
CREATE INDEX by_bucket ON entries (bucket) WHERE bucket IS NOT NULL;
CREATE TABLE held (entries INTEGER NOT NULL, bytes INTEGER NOT NULL, uses INTEGER NOT NULL);
INSERT INTO held VALUES (0, 0, 0);
CREATE TRIGGER came AFTER INSERT ON entries BEGIN
  UPDATE held SET entries = entries + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER went AFTER DELETE ON entries BEGIN
  DELETE FROM answers WHERE id = old.id;
  UPDATE held SET entries = entries - 1, bytes = bytes - old.size;
END;
COMMIT;
"""

_log = structlog.stdlib.get_logger("proxy.cache")


class ForeignError(Exception):
    """A database, but somebody else's."""


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether it says that the file is no database, or none any more."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_file(path: Path, is_spoilt: bool = False) -> sqlite3.Connection:
    """A connection to our file; what stands in its place is set aside, as is a spoilt one.

    Blocks. Raises: OSError, sqlite3.Error where there cannot be one.
    """
    with locked(path.parent):
        if is_spoilt:
            _move(path, "corrupt")
        try:
            return _opened(path)
        except ForeignError:
            _move(path, "foreign")
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
            is_other = error.sqlite_errorcode == sqlite3.SQLITE_NOTADB
            _move(path, "foreign" if is_other else "corrupt")
        return _opened(path)


def _move(path: Path, word: str) -> None:
    place = set_aside(path, word, is_ours=word == "corrupt")
    _log.warning(
        "cache_file_set_aside",
        path=str(path),
        found=word,
        moved_to=str(place),
        advice="a new one is begun; a corrupt one still holds answers: remove it",
    )


def _opened(path: Path) -> sqlite3.Connection:
    made(path)
    if 0 < path.stat().st_size < LEAST_BYTES:
        raise ForeignError
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection)
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Make it ours. Raises: ForeignError, sqlite3.Error."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    is_ours = (application, version) == (APPLICATION, VERSION)
    if objects and not is_ours:
        raise ForeignError
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA secure_delete = ON")  # what goes is gone, not just out of sight
    connection.execute("PRAGMA journal_mode = WAL")
    # the last answers may be lost with the machine's power, the file not
    connection.execute("PRAGMA synchronous = NORMAL")
    if not objects:
        connection.executescript(_SCHEMA)
