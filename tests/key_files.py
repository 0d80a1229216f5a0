"""A file of API keys whose keys a test knows."""

import json
from hashlib import sha256
from pathlib import Path

USER = "X-OpenWebUI-User-Email"


def key_of(alias: str) -> str:
    """The key that an alias has in these files."""
    return f"oo-test-key-of-{alias}"


def table(alias: str, has_key: bool = True, **told: object) -> str:
    """One entry; values as JSON has them, which TOML reads alike."""
    lines = [f"[{json.dumps(alias)}]"]
    if has_key:
        lines.append(f'sha256 = "{sha256(key_of(alias).encode()).hexdigest()}"')
    lines += [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    return "\n".join(lines) + "\n"


def write_keys(path: Path, *tables: str) -> Path:
    """Put a file of these tables in the place of the one that is there, at once."""
    beside = path.with_suffix(".new")
    beside.write_text("\n".join(tables), encoding="utf-8")
    beside.replace(path)
    return path


def bearer(alias: str) -> str:
    """The header by which an alias shows its key."""
    return f"Authorization: Bearer {key_of(alias)}"
