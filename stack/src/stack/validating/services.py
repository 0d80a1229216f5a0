"""Whether each service takes the settings that it would be told."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from stack.parts import Part
from stack.request import Request
from stack.services.asking import AbsentError, RefusedError, ask
from stack.services.settings import SCRIPTS
from stack.validating.finding import Finding

_AT_ONCE = 4


def findings(request: Request, parts: Iterable[Part], where: str) -> Iterator[Finding]:
    """One for each part that is a service of ours, or for each mistake; `where` as of SCRIPTS."""
    asked = [part for part in parts if part.name in SCRIPTS]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for found in pool.map(lambda part: _of(request, part, where), asked):
            yield from found


def _of(request: Request, part: Part, where: str) -> list[Finding]:
    try:
        ask(request, part, SCRIPTS[part.name], where)
    except AbsentError as reason:
        return [Finding("settings", None, f"{part.name}: not looked at, {reason}")]
    except RefusedError as error:
        return [Finding("settings", False, line) for line in str(error).splitlines()]
    return [Finding("settings", True, f"{part.name}: it takes them")]
