"""`cache-clear` in containers: every proxy is told, as each may keep answers of its own."""

from stack.cache import PATH, Told, shown
from stack.docker.compose import project_of
from stack.docker.engine import asked
from stack.docker.preparing import ours
from stack.request import Request

_CLEAR = (
    "import http.client;"
    "proxy = http.client.HTTPConnection('127.0.0.1', 8001, timeout=9);"
    f"proxy.request('DELETE', '{PATH}');"
    "answer = proxy.getresponse();"
    "print(answer.status, answer.read().decode())"
)


def clear(request: Request) -> int:
    """Have each do it; exit code 0 done or off, 1 where one did not, 3 nothing runs."""
    variables = project_of(request).environment
    names = [one.name for one in ours(request) if one.service == "proxy" and one.is_running]
    return shown(
        {name: _told(asked(variables, "exec", name, "python", "-c", _CLEAR)) for name in names}
    )


def _told(said: str | None) -> Told | None:
    """What a proxy's container printed; None where it did not do as told."""
    status, _, body = (said or "").partition(" ")
    return (int(status), body.encode()) if status.isdecimal() else None
