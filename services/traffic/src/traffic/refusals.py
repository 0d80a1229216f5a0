"""What cannot be done: one sentence for the operator, and exit code 2."""

import difflib
from collections.abc import Iterable

from rich.console import Console

from traffic.lines import printable

REFUSED = 2
INTERRUPTED = 130
"""The exit codes of what cannot be done, and of Ctrl-C before there is anything to report."""


class RefusedError(Exception):
    """What was asked for cannot be done; the message says why, in one sentence."""


def say(status: Console, sentence: str) -> None:
    """A sentence to the operator, in one line however long it is."""
    status.out(f"traffic: {printable(sentence)}", highlight=False)


def did_you_mean(word: str, offered: Iterable[str]) -> str:
    """A question after the nearest of the words that there are; empty where none is near."""
    close = difflib.get_close_matches(word, list(offered), n=1)
    return f"did you mean {close[0]}?" if close else ""
