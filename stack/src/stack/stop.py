"""`stop`: the proxy drains first, then the rest, then the supervisor; bounded throughout."""

import os
import shutil
import signal
from collections.abc import Iterable

from stack import supervised
from stack.console import duration, say, step
from stack.errors import StackError
from stack.parts import STOP_ORDER, Part
from stack.plan import Plan
from stack.processes import ENDED
from stack.request import Request
from stack.supervised import Supervisor
from stack.waiting import wait_until

_KILL_MARGIN_SECONDS = 5.0
_SUPERVISOR_WITHIN_SECONDS = 15.0
_ORPHAN_WITHIN_SECONDS = 20.0


def stop(request: Request) -> int:
    """Stop what runs; nothing to stop is no error."""
    supervisor = supervised.connect(request.socket)
    if supervisor is None:
        unreachable = supervised.unreachable(request.places.run)
        if unreachable is not None:
            _end_unreachable(unreachable, Plan.load(request.places.run))
            return 0
        left_over = supervised.orphans(request.socket)
        for pid, name in left_over.items():
            _end_orphan(pid, name)
        if not left_over:
            say("not running")
        return 0
    stop_all(supervisor, Plan.load(request.places.run))
    say("stopped")
    return 0


def stop_all(supervisor: Supervisor, plan: Plan | None) -> None:
    """Stop every part in order, then the supervisor."""
    planned = {part.name: part for part in plan.parts} if plan else {}
    for name in stop_order(supervisor.processes().keys()):
        stop_part(supervisor, name, planned.get(name))
    supervisor.shutdown(_SUPERVISOR_WITHIN_SECONDS)
    if supervisor.socket.parent.name.startswith("ollama-observe-"):
        shutil.rmtree(supervisor.socket.parent, ignore_errors=True)


def stop_order(names: Iterable[str]) -> list[str]:
    """Names in the order in which they stop; names that we do not know come first."""
    return sorted(names, key=lambda name: STOP_ORDER.index(name) if name in STOP_ORDER else -1)


def stop_part(supervisor: Supervisor, name: str, part: Part | None) -> None:
    """Stop one part and wait until it has ended, as long as it may take."""
    before = supervisor.process(name)
    if before.state in ENDED:
        return
    bound = part.stop_seconds if part else _ORPHAN_WITHIN_SECONDS
    supervisor.stop(name)
    is_quick = wait_until(lambda: supervisor.process(name).state in ENDED, 1.0)
    if not is_quick:
        step(name, f"finishing what is in flight, at most {duration(bound)}")
        wait_until(
            lambda: supervisor.process(name).state in ENDED, bound + _KILL_MARGIN_SECONDS, 0.2
        )
    step(name, "stopped")


def _end_unreachable(pid: int, plan: Plan | None) -> None:
    """End a supervisor by its pid; it stops its parts itself, each within its own bound."""
    step("supervisor", f"ending pid {pid}, whose socket is not here: the checkout was moved")
    os.kill(pid, signal.SIGTERM)
    parts = plan.parts if plan else ()
    bound = sum((part.stop_seconds for part in parts), _SUPERVISOR_WITHIN_SECONDS)
    if not wait_until(lambda: not supervised.is_alive(pid), bound):
        raise StackError(f"the supervisor (pid {pid}) does not end")
    say("stopped")


def _end_orphan(pid: int, name: str) -> None:
    step(name, f"ending pid {pid}, left over from a supervisor that died")
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(lambda: not supervised.is_alive(pid), _ORPHAN_WITHIN_SECONDS):
            return
