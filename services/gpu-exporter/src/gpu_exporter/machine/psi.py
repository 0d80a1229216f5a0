"""How long tasks waited for a resource, as Linux tells it in pressure/*."""

import re

_LINE = re.compile(r"^(some|full) .*\btotal=([0-9]{1,20})$", re.ASCII | re.MULTILINE)


def parse(text: str) -> dict[str, float]:
    """The seconds since the machine started by kind: `some` (at least one task), `full` (all).

    Source: Linux, Documentation/accounting/psi.rst; totals are in microseconds there.
    """
    return {kind: int(microseconds) / 1e6 for kind, microseconds in _LINE.findall(text)}
