"""`cache-clear` in containers: every proxy is told, as each may keep answers of its own."""

from stack.cache import ANSWERS_WITHIN_SECONDS, PATH, Told, shown
from stack.docker.compose import project_of
from stack.docker.engine import asked
from stack.docker.preparing import ours
from stack.request import Request

_CLEAR = (
    "import http.client;"
    f"proxy = http.client.HTTPConnection('127.0.0.1', 8001, timeout={ANSWERS_WITHIN_SECONDS});"
    f"proxy.request('DELETE', '{PATH}');"
    "answer = proxy.getresponse();"
    "print(answer.status, answer.read().decode())"
)
_STARTS_WITHIN_SECONDS = 10.0
"""A Python in the container, on a busy machine."""


def clear(request: Request) -> int:
    """Have each do it; exit code 0 done or off, 1 where one did not, 3 nothing runs."""
    variables = project_of(request).environment
    within = ANSWERS_WITHIN_SECONDS + _STARTS_WITHIN_SECONDS
    names = [one.name for one in ours(request) if one.service == "proxy" and one.is_running]
    return shown(
        {
            name: _told(
                asked(variables, "exec", name, "python", "-c", _CLEAR, within_seconds=within)
            )
            for name in names
        }
    )


def _told(said: str | None) -> Told | None:
    """What a proxy's container printed; None where it did not do as told."""
    status, _, body = (said or "").partition(" ")
    return (int(status), body.encode()) if status.isdecimal() else None
