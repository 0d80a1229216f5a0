"""The commands of `python -m traffic`: the first word, and where the code of each is.

A command's function takes the words after it and returns the exit code. Its module is imported
when it is used: to print a plan needs neither a web server nor a page's templates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from traffic.refusals import RefusedError, did_you_mean

RUN = "run"
"""What is done without a first word."""

Main = Callable[[list[str]], int]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: `place` is `module:function`. One that is `is_ours` is no operator's to call."""

    place: str
    summary: str
    is_ours: bool = False

    def load(self) -> Main:
        """Import the code."""
        module, _, function = self.place.partition(":")
        found: Main = getattr(import_module(module), function)
        return found


COMMANDS: dict[str, Command] = {
    RUN: Command(
        "traffic.run.command:main", "ask the questions of a preset, and report (the default)"
    ),
    "interactive": Command("traffic.interactive:main", "choose what to ask, then watch it"),
    "compare": Command("traffic.compare.command:main", "two results against each other"),
    "export": Command(
        "traffic.export.command:main", "the question bank for another load generator"
    ),
    "worker": Command("traffic.worker.command:main", "the same engine as a service, with /metrics"),
    "share": Command("traffic.sharding.share:main", "one process of --workers", is_ours=True),
}


class UnknownCommandError(RefusedError):
    """The first word is no command; the message names the nearest."""


def find(argv: list[str]) -> tuple[Command, list[str]]:
    """The command of a command line, and the words that are its own.

    Raises: UnknownCommandError.
    """
    if not argv or argv[0].startswith("-"):
        return COMMANDS[RUN], argv
    word, rest = argv[0], argv[1:]
    if word in COMMANDS:
        return COMMANDS[word], rest
    offered = [name for name, command in COMMANDS.items() if not command.is_ours]
    hint = did_you_mean(word, offered) or f"expected one of {', '.join(offered)}"
    raise UnknownCommandError(f"there is no command {word!r}; {hint}")
