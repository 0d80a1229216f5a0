"""Prometheus's configuration where the parts are containers: some are found by name."""

import re
from pathlib import Path

from stack.parts import Address
from stack.prometheus.configuration import render

RULES = Path("/etc/prometheus/rules")
"""Where the container has them."""

FOUND = {"proxy": 8001, "engine": 11434, "traffic": 8002, "dashboard": 3001}
"""Parts that may have several containers or none, and the port of their metrics."""

_EXPORTER = Address("gpu-exporter", "gpu-exporter", 8000, "")
_OURSELVES = Address("prometheus", "prometheus", 9090, "")
_COMMENT = re.compile(r"^ *#.*\n", re.MULTILINE)


def in_containers(
    template: str,
    interval_seconds: int,
    alertmanager: Address | None = None,
    has_exporter: bool = True,
) -> str:
    """The template as the containers' Prometheus reads it. Its comments are about processes.

    The exporter is looked for whether it is there or not, unless nobody wants one: an alert says
    that it is gone.
    """
    text = _COMMENT.sub("", template)
    for name, port in FOUND.items():
        text = text.replace(_targets(name), _by_name(name, port))
    return render(
        text,
        interval_seconds,
        RULES,
        proxy=Address("proxy", "proxy", FOUND["proxy"], ""),
        engine=None,
        gpu_exporter=_EXPORTER if has_exporter else None,
        prometheus=_OURSELVES,
        alertmanager=alertmanager,
    )


def _targets(name: str) -> str:
    return f"    static_configs:\n      - targets: [@{{{name}}}]\n"


def _by_name(name: str, port: int) -> str:
    return (
        "    dns_sd_configs:\n"
        f"      - names: [{name}]\n"
        "        type: A\n"
        f"        port: {port}\n"
        "        refresh_interval: 5s\n"
    )
