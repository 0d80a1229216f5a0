"""`python -m proxy.access.new ALIAS`: makes an API key, and the entry of a file of keys for it.

The key is shown once, here, and is nowhere afterwards: the entry holds its hash.
"""

import argparse
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from proxy.access.keys_file import KEY_PREFIX, KeysFileError, entries_in, read_entries

KEY_BYTES = 32
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def new_key() -> str:
    """A key of 256 random bits."""
    return KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)


def entry_of(alias: str, key: str) -> str:
    """The table of an alias with this key. Raises: KeysFileError for what is no alias."""
    name = alias if _BARE.fullmatch(alias) else '"' + re.sub(r'["\\\n]', "?", alias) + '"'
    text = f'[{name}]\nsha256 = "{sha256(key.encode()).hexdigest()}"\n'
    read_entries(text)
    return text


def added(text: str, alias: str, key: str) -> str:
    """The text of a file with an entry more.

    Raises: KeysFileError for a file with a mistake, and for an alias that has an entry.
    """
    if any(entry.alias == alias for entry in entries_in(text)):
        raise KeysFileError(
            "this alias has an entry: run this without --write, and make its sha256 a list of both"
        )
    new = f"{text.rstrip()}\n\n{entry_of(alias, key)}" if text.strip() else entry_of(alias, key)
    read_entries(new)
    return new


def write(path: Path, alias: str, key: str) -> None:
    """Put an entry into a file, at once: who reads it meanwhile has the old one or the new one.

    A folder that is not there is made, one and no more.

    Raises: KeysFileError, OSError.
    """
    path = path.resolve()
    if not path.parent.exists():
        path.parent.mkdir()
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    new = added(text, alias, key)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(new)
        beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def main(argv: Sequence[str] | None = None) -> int:
    """Make a key and say it; exit code 0, or 1 where the file cannot take it."""
    parser = argparse.ArgumentParser(
        prog="python -m proxy.access.new",
        description="Makes an API key for the proxy: docs/KEYS.md.",
        allow_abbrev=False,
    )
    parser.add_argument("alias", help="whose it is: letters, digits and ._@+-, at most 64")
    parser.add_argument("--write", type=Path, metavar="FILE", help="add the entry to this file")
    told = parser.parse_args(argv)
    key = new_key()
    try:
        entry = entry_of(told.alias, key)
        if told.write is not None:
            write(told.write, told.alias, key)
    except (KeysFileError, OSError, UnicodeDecodeError) as error:
        where = f"{told.write}: " if told.write is not None else ""
        said = error.strerror if isinstance(error, OSError) else str(error)
        print(f"{parser.prog}: {where}{said}", file=sys.stderr)  # noqa: T201
        return 1
    said = f"is the key: it is shown once. Its entry for PROXY_API_KEYS_FILE:\n\n{entry}"
    if told.write is not None:
        said = f"is the key of {told.alias}: it is shown once. {told.write} has its hash.\n"
    print(f"{key}\n\n{said}", end="")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
