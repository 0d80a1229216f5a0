"""Rewrites the generated passages of the documents: `make docs`; `--check` only compares.

A passage stands between `<!-- generated: NAME -->` and `<!-- end -->`. The text around it
is written by hand and left alone.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from dashboard.settings import DashboardSettings
from engine.settings import EngineSettings
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import (
    configuration,
    energy,
    exporter,
    genai,
    gpu,
    headroom,
    host,
    ollama,
)
from ollama_observe.metrics.metric import Metric
from ollama_observe.service.settings import ServiceSettings, fields_of
from ollama_observe.wire.endpoints import ENDPOINTS
from proxy.settings import ProxySettings
from proxy.telemetry.operations import OPERATIONS
from proxy.telemetry.settings import TelemetrySettings
from stack.prometheus.objectives import Objectives
from stack.settings import StackSettings
from traffic.settings import TrafficSettings

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENTS = tuple(
    REPOSITORY / "docs" / name
    for name in ("METRICS.md", "CONFIGURATION.md", "RUNBOOK.md", "CACHE.md", "OPENTELEMETRY.md")
)
CACHE_EVAL = REPOSITORY / "docs" / "cache-eval.json"
"""What `make cache-eval FLAGS="--into docs"` has measured."""
OBJECTIVES = tuple(Objectives.model_fields)
PASSAGE = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    cells = [list(head)]
    cells.append(["---"] * len(cells[0]))
    cells += [[_cell(text) for text in row] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def metrics() -> str:
    """One section a metric of the proxy."""
    return sections(catalogue.PROXY)


def sections(metrics: Iterable[Metric]) -> str:
    """One section a metric: what it counts, its labels, its clock, its buckets."""
    return "\n".join(_metric(metric) for metric in metrics)


def rows(metrics: Iterable[Metric]) -> str:
    """One row a metric, for those without clocks and buckets."""
    return table(
        ("Metric", "Kind", "Labels", "Meaning"),
        (
            (
                f"`{metric.name}`",
                metric.kind,
                ", ".join(f"`{label}`" for label in metric.labels),
                metric.help,
            )
            for metric in metrics
        ),
    )


def _metric(metric: Metric) -> str:
    lines = [f"### `{metric.name}`", "", f"{metric.kind.capitalize()}. {metric.help}", ""]
    if metric.clock:
        lines.append(f"- Clock: {metric.clock}")
    if metric.unit:
        lines.append(f"- Unit: {metric.unit}")
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    lines.append(f"- Labels: {labels}")
    if metric.buckets:
        lines.append(f"- Buckets: {' '.join(_number(bound) for bound in metric.buckets)}")
    if metric.exemplars:
        lines.append("- Exemplars: the trace of a bucket's latest observation")
    if metric.over_workers != "sum":
        lines.append("- Over several workers: the largest value, not the sum")
    return "\n".join([*lines, ""])


def _number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)


def labels() -> str:
    """What each label's values are."""
    return table(("Label", "Values"), ((f"`{k}`", v) for k, v in sorted(catalogue.LABELS.items())))


def _service(cls: type[ServiceSettings], only: Collection[str] = ()) -> str:
    return table(
        ("Variable", "Flag", "Default", "Meaning"),
        (
            (f"`{r['variable']}`", f"`{r['flag']}`", _default(r["default"]), str(r["description"]))
            for r in fields_of(cls)
            if not only or r["variable"] in only
        ),
    )


def _default(value: object) -> str:
    if value is None or value == "":
        return ""
    # a folder of the machine that the documents were made on is no default
    text = str(value).replace(f"{REPOSITORY}/", "")
    return f"`{text}`" if text else ""  # what is secret shows nothing


def _variables(names: Iterable[str]) -> str:
    fields = StackSettings.model_fields
    return table(
        ("Variable", "Default", "Meaning"),
        (
            (f"`{name.upper()}`", _default(fields[name].default), fields[name].description or "")
            for name in names
        ),
    )


def stack() -> str:
    """The operator's variables for `make start`."""
    return _variables(name for name in StackSettings.model_fields if name not in OBJECTIVES)


def objectives() -> str:
    """The operator's variables for rules and alerts."""
    return _variables(OBJECTIVES)


def _alerting() -> dict[str, dict[str, Any]]:
    """Prometheus's alerts by name, in the order of their file."""
    text = (REPOSITORY / "prometheus" / "rules" / "alerts.yml").read_text(encoding="utf-8")
    groups = yaml.safe_load(text)["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


ALERTS = _alerting()
_UNITS = {"s": "second", "m": "minute", "h": "hour"}


def alerts() -> str:
    """One row an alert: where to read on, how severe it is, what it says."""
    return table(
        ("Alert", "Severity", "It says"),
        (
            (f"[{name}](#{name.lower()})", rule["labels"]["severity"], _summary(rule))
            for name, rule in ALERTS.items()
        ),
    )


def _summary(rule: dict[str, Any]) -> str:
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"`\1`", rule["annotations"]["summary"])


def alert(name: str) -> str:
    """How severe an alert is, and how long its condition must hold."""
    rule = ALERTS[name]
    when = f"once it has lasted for {_duration(rule['for'])}" if "for" in rule else "at once"
    return f"`{rule['labels']['severity']}`, {when}.\n"


def _duration(text: str) -> str:
    count, unit = int(text[:-1]), _UNITS[text[-1]]
    return f"{count} {unit}{'s' if count > 1 else ''}"


def cache_eval() -> str:
    """What guards and threshold of the answer cache did with the pairs that were held back."""
    found = json.loads(CACHE_EVAL.read_text(encoding="utf-8"))
    counts, methods = found["pairs"]["held_back"], found["methods"]["held_back"]
    total = sum(sum(half.values()) for half in found["pairs"].values())
    names = {
        "guards": "guards alone",
        "threshold": f"threshold alone ({found['threshold']:g})",
        "both": "guards, then threshold",
    }
    rows = []
    for method, name in names.items():
        cell = methods[method]
        shares = (cell[key] for key in ("precision", "least_precision", "recall"))
        told = ("" if share is None else f"{100 * share:.1f} %" for share in shares)
        rows.append((name, str(cell["right"]), str(cell["wrong"]), *told))
    head = (found["model"], "right", "wrong", "precision", "at least (95 %)", "recall")
    said = (
        f"Of {total} pairs {sum(counts.values())} were held back: {counts['same']} mean the same, "
        f"{counts['near_miss']} are near misses, {counts['unrelated']} are about something else.\n"
    )
    return f"{said}\n{table(head, rows)}"


def genai_metrics() -> str:
    """One row a metric that OpenTelemetry's conventions name: what it is at /metrics, and when."""
    named = genai.ATTRIBUTES
    return table(
        ("Metric", "Unit", "The same at /metrics", "Attributes"),
        (
            (
                f"`{metric.name}`",
                metric.unit,
                f"`{genai.TWINS[metric].name}`",
                ", ".join(f"`{named[label]}`" for label in metric.labels),
            )
            for metric in genai.METRICS
        ),
    )


def genai_operations() -> str:
    """One row an operation: the routes whose work it is."""
    found: dict[str, list[str]] = {}
    for endpoint in ENDPOINTS:
        operation = OPERATIONS.get(endpoint.answer)
        if operation is not None:
            found.setdefault(operation, []).append(f"`{endpoint.template}`")
    rows = ((f"`{operation}`", ", ".join(routes)) for operation, routes in found.items())
    return table(("`gen_ai.operation.name`", "Routes"), rows)


def telemetry_settings() -> str:
    """The settings that telemetry reads."""
    names = {f"PROXY_{name}".upper() for name in TelemetrySettings.model_fields}
    shared = {f"PROXY_{name}".upper() for name in ServiceSettings.model_fields}
    return _service(ProxySettings, names - shared)


PASSAGES: dict[str, Callable[[], str]] = {
    "metrics": metrics,
    "gpu_metrics": lambda: rows(gpu.METRICS),
    "host_metrics": lambda: rows(host.METRICS),
    "ollama_metrics": lambda: rows(ollama.METRICS),
    "configuration_metrics": lambda: rows(configuration.METRICS),
    "headroom_metrics": lambda: rows(headroom.METRICS),
    "energy_metrics": lambda: rows(energy.METRICS),
    "exporter_metrics": lambda: rows(exporter.METRICS),
    "traffic_metrics": lambda: sections(catalogue.TRAFFIC),
    "dashboard_metrics": lambda: sections(catalogue.DASHBOARD),
    "labels": labels,
    "stack": stack,
    "objectives": objectives,
    "proxy": lambda: _service(ProxySettings),
    "engine": lambda: _service(EngineSettings),
    "gpu_exporter": lambda: _service(GpuExporterSettings),
    "traffic": lambda: _service(TrafficSettings),
    "dashboard": lambda: _service(DashboardSettings),
    "alerts": alerts,
    "cache_eval": cache_eval,
    "genai_metrics": genai_metrics,
    "genai_operations": genai_operations,
    "telemetry_settings": telemetry_settings,
    **{name: partial(alert, name) for name in ALERTS},
}


def rendered(text: str) -> str:
    """The document with its passages made anew."""
    return PASSAGE.sub(lambda m: f"{m[1]}\n{PASSAGES[m[2]]()}\n{m[3]}", text)


def main(argv: list[str]) -> int:
    """Exit code 0, or 1 when `--check` found a document that is behind."""
    parser = argparse.ArgumentParser(
        prog="docs.py", description="Rewrites the generated passages.", allow_abbrev=False
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    only_compare = parser.parse_args(argv).check
    behind = []
    for path in DOCUMENTS:
        now = path.read_text(encoding="utf-8")
        new = rendered(now)
        if new != now:
            behind.append(path.relative_to(REPOSITORY))
            if not only_compare:
                path.write_text(new, encoding="utf-8")
    for path in behind:
        print(f"{path} {'is behind: make docs' if only_compare else 'rewritten'}")  # noqa: T201
    return 1 if behind and only_compare else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
