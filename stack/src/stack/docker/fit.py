"""`fit` in containers: the exporter is asked at its published port."""

from argparse import Namespace

from stack import fit as as_processes
from stack.docker.containers import plan_of
from stack.docker.preparing import ours
from stack.request import Request


def fit(request: Request, arguments: Namespace) -> int:
    """Print the answer; see stack.fit. Raises: StackError."""
    if arguments.exporter is not None:
        return as_processes.fit(request, arguments)
    return as_processes.fit(request, arguments, plan_of(ours(request)))
