"""The variables that reach a container: the lists of docker/variables, and what the files read."""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from stack.errors import UnfitError
from stack.settings import KNOWN
from stack.variables import HANDED_ON

LISTS = Path("docker/variables")

FOR_RUNS = (
    *("TRAFFIC_RESULTS_DIRECTORY", "TRAFFIC_QUESTIONS_DIRECTORY"),
    *("TRAFFIC_SLO", "TRAFFIC_TRACE"),
)
"""Folders and files of this machine that a run of the traffic generator is given."""

_READ = re.compile(r"\$\{([A-Z][A-Z0-9_]*)")


def require_known(variables: Mapping[str, str], repository: Path, files: Iterable[str]) -> None:
    """Raises: UnfitError for a service's variable that would be dropped without a word."""
    known = reaching(repository, files)
    lost = [name for name in sorted(variables) if variables[name] and _is_lost(name, known)]
    sentences = [_sentence(name, known) for name in lost]
    if sentences:
        raise UnfitError("\n".join(sentences))


def reaching(repository: Path, files: Iterable[str]) -> set[str]:
    """Names that a container gets, or that Compose reads."""
    lists = [path.read_text(encoding="utf-8") for path in (repository / LISTS).glob("*.env")]
    listed = {line for text in lists for line in text.splitlines() if line and line[0] != "#"}
    composed = [repository / name for name in files]
    texts = [path.read_text(encoding="utf-8") for path in composed if path.is_file()]
    return listed | {name for text in texts for name in _READ.findall(text)}


def _is_lost(name: str, known: set[str]) -> bool:
    if name in KNOWN or name in FOR_RUNS:
        return False
    return name.startswith(HANDED_ON) and name not in known


def _sentence(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.86)
    return f"{name} reaches no container{f', did you mean {close[0]}?' if close else ''}"
