"""Prometheus's configuration, from the template that every way to run the stack shares."""

import json
import re
import string
from collections.abc import Mapping
from pathlib import Path

from stack.parts import Address, reachable

TEMPLATE = Path("prometheus/prometheus.yml.template")

CONFIGURATION = "prometheus.yml"
"""In the folder of what runs."""

COMING_AND_GOING = ("gpu-exporter", "traffic", "dashboard")
"""Parts that a Prometheus is told of while it runs; the others come and go with it."""

# A star is allowed in a file's name alone, be it escaped or not: any one character takes its place.
_LITERALLY = str.maketrans({"\\": r"\\", "[": r"\[", "?": r"\?", "*": "?"})


class _Template(string.Template):
    delimiter = "@"  # `$1` means a matched group in Prometheus's relabelling rules


def render(
    template: str,
    interval_seconds: int,
    rules: Path,
    proxy: Address,
    engine: Address | None,
    gpu_exporter: Address | None,
    prometheus: Address,
    alertmanager: Address | None = None,
    traffic: Address | None = None,
    dashboard: Address | None = None,
) -> str:
    """The template with addresses filled in; the job of what does not run has no targets.

    `rules` is the folder whose `*.yml` are loaded.
    """
    return _Template(template).substitute(
        interval=f"{interval_seconds}s",
        # a scrape may take as long as the interval at most
        timeout=f"{min(interval_seconds, 10)}s",
        rules=_files_in(rules),
        proxy=_target(proxy),
        engine=_target(engine),
        gpu_exporter=_target(gpu_exporter),
        prometheus=_target(prometheus),
        alertmanager=_target(alertmanager),
        traffic=_target(traffic),
        dashboard=_target(dashboard),
    )


def retargeted(configuration: str, addresses: Mapping[str, Address]) -> str:
    """A rendered configuration with those parts as they are now; all else is as it was rendered.

    `addresses` are those of what runs, by name.
    """
    for job in COMING_AND_GOING:
        place = re.compile(rf"(?P<before>- job_name: {job}\n[^-]*- targets: )\[.*\]")
        targets = f"[{_target(addresses.get(job))}]"
        configuration = place.sub(rf"\g<before>{targets}", configuration)
    return configuration


def _files_in(folder: Path) -> str:
    # Prometheus loads none, without a word, where a pattern matches no file
    return json.dumps(f"{str(folder).translate(_LITERALLY)}/*.yml", ensure_ascii=False)


def _target(address: Address | None) -> str:
    if address is None:
        return ""
    return f'"{reachable(address.host)}:{address.port}"'
