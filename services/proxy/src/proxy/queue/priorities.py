"""The classes of requests in the queue, and how a client says which its request is of."""

from enum import IntEnum

_SHOWN_CHARACTERS = 40


class UnknownPriority(ValueError):  # noqa: N818 (a client's mistake, no state of ours)
    """What was said is no class. The message is what its client is told."""


class Priority(IntEnum):
    """A class: a smaller number goes first. Its `label` is what headers and metrics say."""

    HIGH = 0
    NORMAL = 1
    LOW = 2

    @property
    def label(self) -> str:
        """The word for it."""
        return LABELS[self]


LABELS = tuple(priority.name.lower() for priority in Priority)
BY_LABEL = {priority.label: priority for priority in Priority}


def priority_of(name: str, said: str) -> Priority:
    """The class that the header `name` says. Raises: UnknownPriority."""
    found = BY_LABEL.get(said.strip().lower())
    if found is None:
        expected = ", ".join(LABELS[:-1]) + f" or {LABELS[-1]}"
        raise UnknownPriority(f"{name}: expected {expected}, found {said[:_SHOWN_CHARACTERS]!r}")
    return found
