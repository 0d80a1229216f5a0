"""A file of answers, as one thread sees it: every method blocks.

Several processes have it open at once: SQLite keeps them apart, and every change is one
transaction. The file may vanish or be put aside by another process: then there is a new one.
"""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from proxy.cache.entries import Entry, Near, packed, unpacked
from proxy.cache.stores.schema import is_corrupt, open_file
from proxy.cache.stores.store import Bounds, Cause, Held, StoreError, size_of

T = TypeVar("T")
Gone = Counter[Cause]

_FOUND = "SELECT packed FROM entries JOIN answers USING (id) WHERE key = ? AND stored_at >= ?"
_KEPT = (
    "INSERT INTO entries (key, size, stored_at, used, bucket, vector) "
    "VALUES (?, ?, ?, (SELECT uses FROM held), ?, ?)"
)
_KEEPS_CONNECTION = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL)


class AnswersFile:
    """The file, opened when it is first needed. What raises raises StoreError."""

    def __init__(self, path: Path, bounds: Bounds) -> None:
        self._path = path
        self._bounds = bounds
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        """Which one is open, whatever its name is by now."""

    def get(self, key: bytes, now: float) -> Entry | None:
        """An entry, if it is not too old and as it was written."""
        given = (key, self._bounds.oldest(now))
        found = self._run(lambda one: one.execute(_FOUND, given).fetchone())
        return unpacked(found[0]) if found is not None else None

    def near(self, bucket: bytes, now: float) -> list[tuple[bytes, bytes]]:
        """Keys and vectors of a bucket."""
        query = "SELECT key, vector FROM entries WHERE bucket = ? AND stored_at >= ?"
        given = (bucket, self._bounds.oldest(now))
        return self._run(lambda one: one.execute(query, given).fetchall())

    def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> tuple[bool, Gone]:
        """Keep an entry, where it is not too large: whether it is kept, and what went for it."""
        size, data = size_of(entry, near), packed(entry)
        is_kept = self._bounds.take(size)
        found = (near.bucket, near.vector) if near is not None else (None, None)

        def keep(connection: sqlite3.Connection) -> Gone:
            gone = Gone()
            with _changing(connection):
                gone[Cause.AGE] = self._sweep(connection, now)
                old = connection.execute("DELETE FROM entries WHERE key = ?", (key,))
                gone[Cause.REPLACED] = old.rowcount
                if is_kept:
                    connection.execute("UPDATE held SET uses = uses + 1")
                    row = connection.execute(_KEPT, (key, size, entry.stored_at, *found)).lastrowid
                    connection.execute("INSERT INTO answers VALUES (?, ?)", (row, data))
                    gone[Cause.AGE] += self._sweep(connection, now)
                    self._make_room(connection, gone)
            return gone

        return is_kept, self._run(keep)

    def touch(self, keys: Iterable[bytes]) -> None:
        """These were used, the last one last."""

        def note(connection: sqlite3.Connection) -> None:
            with _changing(connection):
                for key in keys:
                    connection.execute("UPDATE held SET uses = uses + 1")
                    used = "UPDATE entries SET used = (SELECT uses FROM held) WHERE key = ?"
                    connection.execute(used, (key,))

        self._run(note)

    def held(self, now: float) -> tuple[Held, Gone]:
        """What is held, and what went because it was too old."""

        def tell(connection: sqlite3.Connection) -> tuple[Held, Gone]:
            gone, given = Gone(), (self._bounds.oldest(now),)
            is_old = "SELECT EXISTS (SELECT 1 FROM entries WHERE stored_at < ?)"
            if connection.execute(is_old, given).fetchone()[0]:
                with _changing(connection):
                    gone[Cause.AGE] = self._sweep(connection, now)
            return Held(*connection.execute("SELECT entries, bytes FROM held").fetchone()), gone

        return self._run(tell)

    def clear(self) -> int:
        """Forget everything, and give the room back."""

        def empty(connection: sqlite3.Connection) -> int:
            with _changing(connection):
                count = connection.execute("DELETE FROM entries").rowcount
            with contextlib.suppress(sqlite3.OperationalError):  # another process reads: later
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return count

        return self._run(empty)

    def close(self) -> None:
        """Let go of it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _sweep(self, connection: sqlite3.Connection, now: float) -> int:
        oldest = self._bounds.oldest(now)
        return connection.execute("DELETE FROM entries WHERE stored_at < ?", (oldest,)).rowcount

    def _make_room(self, connection: sqlite3.Connection, gone: Gone) -> None:
        entries, size = connection.execute("SELECT entries, bytes FROM held").fetchone()
        leaving: list[tuple[int]] = []
        for row, its_size in connection.execute("SELECT id, size FROM entries ORDER BY used"):
            if entries > self._bounds.entries:
                gone[Cause.ENTRIES] += 1
            elif size > self._bounds.size_bytes:
                gone[Cause.BYTES] += 1
            else:
                break
            entries, size = entries - 1, size - its_size
            leaving.append((row,))
        connection.executemany("DELETE FROM entries WHERE id = ?", leaving)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._connected())
        except sqlite3.Error as error:
            if is_corrupt(error):
                self._begin_anew()
            elif getattr(error, "sqlite_errorcode", 0) & 0xFF not in _KEEPS_CONNECTION:
                self.close()
            raise StoreError(f"{self._path}: {error}") from error
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror}") from error

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and not self._is_there():
            self.close()
        if self._connection is None:
            self._connection = open_file(self._path)
            self._file = _identity(self._path)
        return self._connection

    def _is_there(self) -> bool:
        try:
            return _identity(self._path) == self._file
        except FileNotFoundError:
            return False

    def _begin_anew(self) -> None:
        """Put a file aside that was ours; another process may have done so already."""
        self.close()
        with contextlib.suppress(sqlite3.Error, OSError):
            self._connection = open_file(self._path, is_spoilt=self._is_there())
            self._file = _identity(self._path)


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _changing(connection: sqlite3.Connection) -> Iterator[None]:
    """One change: all of it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise
