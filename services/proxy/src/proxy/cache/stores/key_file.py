"""The key of a file's hashes, kept beside it: without it nobody can tell what was asked.

All processes that share the file share it, also when they start at once.
"""

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

import structlog

from proxy.cache.keys import SECRET_BYTES
from proxy.cache.stores.private import OWN, locked

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

_log = structlog.stdlib.get_logger("proxy.cache")


def key_file(path: Path) -> Path:
    """Where the key of a file's hashes is."""
    return path.with_name(path.name + ".key")


def read_or_make(path: Path) -> bytes:
    """The key in a file, which is made where there is none. Blocks. Raises: ValueError, OSError."""
    with locked(path.parent):
        try:
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, OWN)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            return _passing(path)
        try:
            return _read(path, opened) or _written(path, opened)
        finally:
            os.close(opened)


def _read(path: Path, opened: int) -> bytes:
    """What is in it; nothing where it is empty: whoever made it did not get to write it."""
    if stat.S_IMODE(os.fstat(opened).st_mode) != OWN:
        os.fchmod(opened, OWN)
        _log.warning(
            "cache_key_was_open",
            path=str(path),
            advice="others could read it: remove it and the cache's file if they are not trusted",
        )
    found = os.read(opened, SECRET_BYTES + 1)
    if found and len(found) != SECRET_BYTES:
        raise ValueError(
            f"expected {SECRET_BYTES} bytes of a key in {path}, found "
            f"{os.fstat(opened).st_size}: move it away, a new one is made"
        )
    return found


def _written(path: Path, opened: int) -> bytes:
    secret = secrets.token_bytes(SECRET_BYTES)
    try:
        os.write(opened, secret)
        os.fsync(opened)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.ftruncate(opened, 0)
        if error.errno not in _NO_ROOM:
            raise
        return _passing(path)
    return secret


def _passing(path: Path) -> bytes:
    """A key for this process alone: a full disk does not stop a proxy."""
    _log.warning(
        "cache_key_not_kept",
        path=str(path),
        advice="no room for it: what this process keeps is found by itself alone",
    )
    return secrets.token_bytes(SECRET_BYTES)
