"""Prometheus's configuration, from the template that every way to run the stack shares."""

import string
from pathlib import Path

from stack.parts import Address, reachable

TEMPLATE = Path("prometheus/prometheus.yml.template")


class _Template(string.Template):
    delimiter = "@"  # `$1` means a matched group in Prometheus's relabelling rules


def render(
    template: str,
    interval_seconds: int,
    proxy: Address,
    engine: Address | None,
    prometheus: Address,
) -> str:
    """The template with addresses filled in; without an engine its job has no targets."""
    return _Template(template).substitute(
        interval=f"{interval_seconds}s",
        # a scrape may take as long as the interval at most
        timeout=f"{min(interval_seconds, 10)}s",
        proxy=_target(proxy),
        engine="" if engine is None else _target(engine),
        prometheus=_target(prometheus),
    )


def _target(address: Address) -> str:
    return f'"{reachable(address.host)}:{address.port}"'
