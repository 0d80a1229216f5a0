"""`cache-clear`: has the proxy forget the answers that its cache keeps.

What a proxy says of it is read here for all worlds.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

from stack import probes, supervised
from stack.console import complain, say
from stack.plan import Plan
from stack.request import Request

CLEARED, NOT_CLEARED, NOT_RUNNING = 0, 1, 3

PATH = "/api/cache"
CONTROL = "PROXY_CONTROL_PORT"
ANSWERS_WITHIN_SECONDS = 15.0
"""A proxy gives its store ten."""

Told = tuple[int, bytes]
"""A proxy's answer: status and body."""


def clear(request: Request, elsewhere: Plan | None = None) -> int:
    """Have the proxy that runs do it; exit code 0 done or off, 1 not, 3 nothing runs.

    `elsewhere` is what runs, where this stack's supervisor does not run it.
    """
    here = Plan.load(request.places.run) if supervised.connect(request.socket) else None
    plan = elsewhere or here
    proxy = plan.part("proxy") if plan else None
    if proxy is None:
        return shown({})
    control = next(address for address in proxy.addresses if address.variable == CONTROL)
    reply = probes.send("DELETE", f"{control.url}{PATH}", {}, ANSWERS_WITHIN_SECONDS)
    return shown({control.url: None if reply is None else (reply.status, reply.body)})


def shown(told: Mapping[str, Told | None]) -> int:
    """Say what each proxy did, by its address or name; None is one that did not answer."""
    if not told:
        say("not running: make start")
        return NOT_RUNNING
    is_done, counts = True, list[int | None]()
    for name, answer in told.items():
        complaint = _complaint(answer)
        if complaint:
            complain(f"{name}: {complaint}")
            is_done = False
        elif answer is not None and answer[0] == HTTPStatus.OK:
            count = _document(answer[1]).get("cleared")
            counts.append(count if isinstance(count, int) else None)
    if counts:
        say(_counted(counts))
    elif is_done:
        say("nothing to clear: the answer cache is off (PROXY_CACHE turns it on)")
    return CLEARED if is_done else NOT_CLEARED


def _complaint(answer: Told | None) -> str:
    """Why a proxy did not do it; empty where it did, or has no cache."""
    if answer is None:
        return "does not answer: make status"
    status, body = answer
    error = _document(body).get("error")
    if status == HTTPStatus.OK or (status == HTTPStatus.NOT_FOUND and error):
        return ""
    return error if isinstance(error, str) else f"answered {status} to DELETE {PATH}"


def _counted(counts: list[int | None]) -> str:
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return "cleared; each process keeps its own answers in memory, and did not count them"
    number = sum(known)
    return f"cleared: {number} answer{'' if number == 1 else 's'}"


def _document(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
