"""The licences of an image as its label states them: ours, and those of all that we put in it."""

import re

from supply.bills import Bill
from supply.named import stages_in
from supply.spdx import together

OURS = "MIT"
_BASE = "container"
_LABEL = re.compile(r"org\.opencontainers\.image\.licenses=\"([^\"]+)\"")


def licences(bill: Bill) -> str:
    """One SPDX expression. What the base image holds is for its own label to state."""
    return together({OURS, *(item.licence for item in bill.items if item.kind != _BASE)})


def stated(dockerfile: str) -> dict[str, str]:
    """The labels of the Dockerfile's images, by target; none where it has none."""
    return {
        name: label[1] if (label := _LABEL.search(text)) else ""
        for base, name, text in stages_in(dockerfile)
        if base == "service"
    }
