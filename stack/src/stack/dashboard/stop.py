"""`stop-dashboard`: the dashboard alone; what else runs goes on."""

from stack.dashboard.part import NAME
from stack.leaving import leave
from stack.request import Request


def stop_dashboard(request: Request) -> int:
    """Stop the dashboard; where nothing else runs the supervisor goes with it."""
    leave(request, NAME)
    return 0
