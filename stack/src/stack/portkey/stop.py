"""`stop-portkey`: the gateway alone; what else runs goes on."""

from stack.console import say
from stack.leaving import leave
from stack.request import Request


def stop_portkey(request: Request) -> int:
    """Stop the gateway; where nothing else runs the supervisor goes with it."""
    before = leave(request, "portkey")
    gateway = before.part("portkey") if before else None
    if before and gateway and before.gateway == gateway.addresses[0].url:
        say("the proxy sends requests direct until a gateway answers: make start-portkey")
    return 0
