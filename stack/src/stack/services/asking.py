"""A service's own code, asked in a process of its own, with what the part would be told."""

import sys
from collections.abc import Mapping

from stack.outside import finished
from stack.parts import Part
from stack.request import Request
from stack.variables import environment_of, others_variables

_ANSWERS_WITHIN_SECONDS = 60.0
_NO_MODULE = "ModuleNotFoundError"


class AbsentError(Exception):
    """The service's packages are not here, or it gives no answer. The message says which."""


class RefusedError(Exception):
    """The service does not take what it is told; the message is its own."""


def ask(request: Request, part: Part, script: str, *words: str) -> str:
    """What a script prints. Raises: AbsentError, RefusedError.

    After its own words it is given the part's flags: the way through a gateway stands there.
    """
    flags = part.command[part.command.index("-m") + 2 :]
    return printed(script, *words, *flags, environment=_environment(request, part))


def printed(script: str, *words: str, environment: Mapping[str, str] | None = None) -> str:
    """What a script prints that imports a service. Raises: AbsentError, RefusedError."""
    command = [sys.executable, "-c", script, *words]
    done = finished(command, _ANSWERS_WITHIN_SECONDS, environment=environment)
    if done is None:
        raise AbsentError("it does not answer in time")
    if _NO_MODULE in done.stderr:
        raise AbsentError("its packages are not here")
    if done.returncode:
        raise RefusedError(sentences(done.stderr))
    return done.stdout


def sentences(said: str) -> str:
    """What it complains of, or what a traceback comes to; pure."""
    lines = said.strip().splitlines()
    is_traceback = any(line.startswith("Traceback") for line in lines)
    return lines[-1] if is_traceback else "\n".join(lines)


def _environment(request: Request, part: Part) -> Mapping[str, str]:
    return others_variables(request.variables) | environment_of(part, request.variables)
