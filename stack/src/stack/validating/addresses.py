"""The ports that a start listens on: free, ours already, or somebody's."""

from collections.abc import Collection, Iterable, Iterator

from stack import ports
from stack.docker.preparing import Prepared, published
from stack.parts import Address
from stack.validating.finding import Finding


def findings(wanted: Iterable[Address], ours: Collection[int], verb: str) -> Iterator[Finding]:
    """One for each address; `ours` are the ports that what runs of this stack holds.

    `verb` is the one to say another with.
    """
    wanted = tuple(wanted)
    avoid = {address.port for address in wanted}
    for address in wanted:
        if address.port in ours:
            yield Finding("port", True, f"{address.port} ({address.what}): ours, it runs")
            continue
        trouble = ports.look(address, avoid, verb)
        if trouble is None:
            yield Finding("port", True, f"{address.port} ({address.what}): free")
        else:
            yield Finding("port", False, trouble.what, trouble.remedy)


def of_containers(prepared: Prepared) -> list[Address]:
    """Where the containers of a start would be published."""
    return published(prepared.config, prepared.services)
