"""The API key of a drill: a file of hashed keys for the proxy, and the key for who asks."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from proxy.access.new import entry_of, new_key

_MISTAKE = "\n[mistaken]\nmanage = 1\n"


def write_keys(folder: Path) -> tuple[Path, Path]:
    """Put both into a folder: the file of hashed keys, and one that holds the key."""
    keys, key_file, key = folder / "keys.toml", folder / "key", new_key()
    keys.write_text(entry_of("drill", key), encoding="utf-8")
    key_file.write_text(key, encoding="ascii")
    return keys, key_file


@contextlib.contextmanager
def mistaken(keys: Path) -> Iterator[None]:
    """The file has a mistake while the block runs."""
    right = keys.read_text(encoding="utf-8")
    keys.write_text(right + _MISTAKE, encoding="utf-8")
    try:
        yield
    finally:
        keys.write_text(right, encoding="utf-8")
