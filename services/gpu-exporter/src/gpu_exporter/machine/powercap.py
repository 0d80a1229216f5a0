"""Which of the powercap class's folders count energy, and whose."""

import re

_FOLDER = re.compile(r"(?:intel|amd)-rapl:([0-9]+(?::[0-9]+)*)")
_DOMAIN = re.compile(r"(package|core|uncore|dram|psys)(?:-[0-9]+(?:-die-[0-9]+)?)?")


def index_of(folder: str) -> str | None:
    """A zone's number, its parents' first, as `0` or `0:1`; None for what is no such zone.

    The same package counted a second time, through memory (`intel-rapl-mmio`), is none.
    """
    found = _FOLDER.fullmatch(folder)
    return found[1] if found else None


def domain_of(name: str) -> str | None:
    """What a zone of that name covers: package, core, uncore, dram, psys; None: something else.

    Source: Linux, drivers/powercap/intel_rapl_common.c, which AMD's CPUs use as well. A package of
    several dies has a zone for each.
    """
    found = _DOMAIN.fullmatch(name)
    return found[1] if found else None
