"""What keeps a run from beginning: each is one sentence for the operator, and exit code 2.

RefusedError                     this module: said by a command
BankError, PlanError        the bank; what is asked of it, a trace among that
SloError, TargetError       the objectives; the server
ResultError                 a result that is to be read
NotComparableError          two results
UnknownCommandError         the command line
"""

from rich.console import Console

from traffic.commands import UnknownCommandError
from traffic.compare import NotComparableError
from traffic.planned import PlanError
from traffic.questions import BankError
from traffic.results import ResultError
from traffic.slo import SloError
from traffic.target import TargetError

REFUSED = 2
"""The exit code."""


class RefusedError(ValueError):
    """What was asked for cannot be done; the message says why."""


REFUSALS = (
    RefusedError,
    BankError,
    PlanError,
    SloError,
    TargetError,
    ResultError,
    NotComparableError,
    UnknownCommandError,
)


def say(status: Console, sentence: str) -> None:
    """A sentence to the operator, in one line however long it is."""
    status.out(f"traffic: {sentence}", highlight=False)
