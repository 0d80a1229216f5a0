"""What cannot be done: one sentence for the operator, and exit code 2."""

from rich.console import Console

REFUSED = 2
"""The exit code."""


class RefusedError(Exception):
    """What was asked for cannot be done; the message says why, in one sentence."""


def say(status: Console, sentence: str) -> None:
    """A sentence to the operator, in one line however long it is."""
    status.out(f"traffic: {sentence}", highlight=False)
