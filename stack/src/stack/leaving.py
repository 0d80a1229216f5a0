"""One part goes; what else runs goes on."""

from dataclasses import replace

from stack import supervised
from stack.console import say
from stack.plan import Plan
from stack.request import Request
from stack.stop import stop
from stack.transition import Transition


def leave(request: Request, name: str) -> Plan | None:
    """Stop one part; where nothing else runs the supervisor goes with it.

    The plan of before, of which something still runs; None where nothing does, or it did not.
    Raises: StackError.
    """
    supervisor = supervised.connect(request.socket)
    running = Plan.load(request.places.run)
    leaving = running.part(name) if running else None
    if supervisor is None or running is None or leaving is None:
        say(f"{name}: not running here")
        return None
    rest = tuple(part for part in running.parts if part != leaving)
    if not rest:
        stop(request)
        return None
    wished = tuple(wish for wish in running.wished if wish != name)
    Transition(request, running, replace(running, parts=rest, wished=wished)).carry_out(supervisor)
    return running
