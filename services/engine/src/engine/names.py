"""Model names and the files that carry them.

A models directory holds `<name>@<tag>.gguf` for the model `<name>:<tag>`, and a plain
`<name>.gguf` for `<name>:latest`. Names are lower case; a file whose name does not follow
the rule is no model.
"""

import re

SUFFIX = ".gguf"
DEFAULT_TAG = "latest"
_PART = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


def canonical(name: str) -> str | None:
    """`name:tag` in lower case with the default tag filled in; None when it cannot be a name."""
    base, _, tag = name.strip().lower().partition(":")
    tag = tag or DEFAULT_TAG
    return f"{base}:{tag}" if _PART.fullmatch(base) and _PART.fullmatch(tag) else None


def of_file(file_name: str) -> str | None:
    """The model that a file carries; None when the file is none of ours."""
    if not file_name.lower().endswith(SUFFIX):
        return None
    base, at, tag = file_name[: -len(SUFFIX)].partition("@")
    return canonical(f"{base}:{tag}" if at else base)


def short(name: str) -> str:
    """The name as people write it: without the tag where it is the default one."""
    return name.removesuffix(f":{DEFAULT_TAG}")
