"""`stop-portkey`: the gateway alone; what else runs goes on."""

from dataclasses import replace

from stack import supervised
from stack.console import say
from stack.plan import Plan
from stack.request import Request
from stack.stop import stop
from stack.transition import Transition


def stop_portkey(request: Request) -> int:
    """Stop the gateway; where nothing else runs the supervisor goes with it."""
    supervisor = supervised.connect(request.socket)
    running = Plan.load(request.places.run)
    gateway = running.part("portkey") if running else None
    if supervisor is None or running is None or gateway is None:
        say("portkey: not running here")
        return 0
    rest = tuple(part for part in running.parts if part != gateway)
    if not rest:
        return stop(request)
    wished = tuple(name for name in running.wished if name != gateway.name)
    Transition(request, running, replace(running, parts=rest, wished=wished)).carry_out(supervisor)
    if running.gateway == gateway.addresses[0].url:
        say("the proxy sends requests direct until a gateway answers: make start-portkey")
    return 0
