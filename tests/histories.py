"""A real Prometheus with an hour of every metric of the catalogue, and the rules on top of it."""

import contextlib
import itertools
import math
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import yaml
from prometheus_client.utils import floatToGoString

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.metric import Kind, Metric
from tests.components import need
from tests.prometheus_api import PrometheusApi
from tests.prometheuses import PrometheusProcess
from tests.promql import Selector
from tests.promtool import promtool
from tests.rules import files, values_of

MODELS = ("llama3.2:1b", "qwen3:8b")
SCRAPE_SECONDS = 15
BORN_SECONDS = 150
"""How long before the end `BORN` began."""
GAP_SECONDS = (3000, 1800)
"""How long before the end Prometheus went away, and came back."""
BORN = ("ollama_proxy_client_aborts_total", "upload", 3)
"""A counter, its phase and what it began with: it was not there before."""

_FROM_CACHE = "ollama_proxy_requests_total"
"""What also has requests that a recorded answer was given to, beside those of both ways."""
_DAY_OF = "ollama_proxy_tokens_per_second"
"""What is compared with the day before has a day."""
_MOST_SERIES = 100
_JOBS = {
    **dict.fromkeys(catalogue.PROXY, "proxy"),
    **dict.fromkeys(catalogue.EXPORTER, "gpu-exporter"),
    **dict.fromkeys(catalogue.TRAFFIC, "traffic"),
    **dict.fromkeys(catalogue.DASHBOARD, "dashboard"),
}
_VALUES: Mapping[str, Sequence[str]] = {
    "model": MODELS,
    "routing": ("direct", "portkey"),
    "endpoint": ("/api/chat", "/api/embed", "/v1/chat/completions"),
    "status": ("200", "404", "499", "503"),
    "method": ("POST",),
    "error_type": ("queue_full", "mid_stream", "upstream_4xx", "connect"),
    "mode": ("user", "system", "idle", "iowait"),
    "target": ("0",),
    "location": ("local",),
    "chip": ("coretemp",),
}
"""What labels have here; others have all that is known of them, or one value."""
_GAUGES = {
    "ollama_model_cpu_spill_bytes": 1e9,
    "ollama_model_vram_bytes": 3e9,
    "ollama_model_memory_bytes": 4e9,
    "gpu_memory_used_bytes": 8e9,
    "gpu_memory_total_bytes": 2e10,
    "host_memory_total_bytes": 6e10,
}
_GAUGE = 0.5

_Value = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class History:
    """A Prometheus and what it knows: from `start` to `end`, as Unix time, but for a gap."""

    process: PrometheusProcess
    start: int
    end: int

    @property
    def api(self) -> PrometheusApi:
        """Where it is asked."""
        return self.process.api

    @property
    def gap(self) -> tuple[int, int]:
        """Its last sample before it was away, and the first after that."""
        before, after = GAP_SECONDS
        return self.end - before, self.end - after


@contextlib.contextmanager
def prometheus_with_history(folder: Path) -> Iterator[History]:
    """A Prometheus whose rules have been evaluated at least once while the block runs."""
    end = int(datetime.now(UTC).timestamp())
    hour = an_hour(end)
    day = [*range(end - 26 * 3600, end - 3600, 120), *hour]
    with prometheus_with(folder, hour, day, has_rules=True) as process:
        process.until_ready(_has_rules)
        yield History(process, end - 3600, end)


@contextlib.contextmanager
def prometheus_with(
    folder: Path, hour: Sequence[int], day: Sequence[int], *, has_rules: bool
) -> Iterator[PrometheusProcess]:
    """A Prometheus that has samples at these instants, which may be in the future."""
    remedy = "install the package prometheus"
    need("prometheus", shutil.which("prometheus") is not None, remedy)
    source, data = folder / "history.txt", folder / "data"
    with source.open("w", encoding="utf-8") as file:
        write_history(file, hour, day)
    promtool("tsdb", "create-blocks-from", "openmetrics", str(source), str(data))
    source.unlink()
    config = _configured(folder, files() if has_rules else ())
    process = PrometheusProcess(config, data, folder / "prometheus.log")
    process.start()
    try:
        process.until_ready()
        yield process
    finally:
        process.stop()


def an_hour(end: int) -> list[int]:
    """Each minute, and each scrape of the last quarter of an hour; none in the gap."""
    before, after = GAP_SECONDS
    return [
        *range(end - 3600, end - before + 1, 60),
        *range(end - after, end - 900, 60),
        *range(end - 900, end + 1, SCRAPE_SECONDS),
    ]


def write_history(file: TextIO, hour: Sequence[int], day: Sequence[int]) -> None:
    """The samples at these instants, as OpenMetrics; what is compared with the day before at more.

    Shape: `day` ends with `hour`.
    """
    for job in sorted(set(_JOBS.values())):
        _write(file, "up", {"job": job, "instance": job}, day, lambda _: 1.0)
    for metric in catalogue.ALL:
        instants = day if metric.name == _DAY_OF else hour
        for number, labels in enumerate(_label_sets(metric)):
            target = {**labels, "job": _JOBS[metric], "instance": _JOBS[metric]}
            _write_metric(file, metric, target, instants, number)
    answered = {"endpoint": "/api/chat", "method": "POST", "status": "200", "routing": "cache"}
    for model in MODELS:
        target = {**answered, "model": model, "job": "proxy", "instance": "proxy"}
        _write(file, _FROM_CACHE, target, hour, partial(_grown, 1.0, hour[0]))
    name, phase, value = BORN
    born = {"job": "proxy", "instance": "proxy", "phase": phase, "routing": "direct"}
    late = [at for at in hour if at > hour[-1] - BORN_SECONDS]
    _write(file, name, {**born, "model": "born:1b"}, late, lambda _: float(value))
    file.write("# EOF\n")


def _write_metric(
    file: TextIO, metric: Metric, labels: Mapping[str, str], instants: Sequence[int], number: int
) -> None:
    if metric.kind is Kind.GAUGE:
        value = _GAUGES.get(metric.name, _GAUGE)
        _write(file, metric.name, labels, instants, lambda _: value)
    elif metric.kind is Kind.COUNTER:
        grown = partial(_grown, 0.5 + number % 7, instants[0])
        _write(file, metric.name, labels, instants, grown)
    else:
        _write_histogram(file, metric, labels, instants)


def _write_histogram(
    file: TextIO, metric: Metric, labels: Mapping[str, str], instants: Sequence[int]
) -> None:
    """One observation a second, as many in each bucket."""
    bounds = (*metric.buckets, math.inf)
    begin, mean = instants[0], metric.buckets[len(metric.buckets) // 2]
    for place, bound in enumerate(bounds):
        share = (place + 1) / len(bounds)
        le = {**labels, "le": str(floatToGoString(bound))}  # type: ignore[no-untyped-call]
        _write(file, f"{metric.name}_bucket", le, instants, partial(_whole, share, begin))
    _write(file, f"{metric.name}_count", labels, instants, partial(_whole, 1.0, begin))
    _write(file, f"{metric.name}_sum", labels, instants, partial(_grown, mean, begin))


def _grown(per_second: float, begin: int, at: int) -> float:
    return per_second * (at - begin)


def _whole(per_second: float, begin: int, at: int) -> float:
    return float(math.floor(_grown(per_second, begin, at)))


def _write(
    file: TextIO, name: str, labels: Mapping[str, str], instants: Sequence[int], value_at: _Value
) -> None:
    told = ",".join(f'{label}="{value}"' for label, value in labels.items())
    file.writelines(f"{name}{{{told}}} {value_at(at)} {at}\n" for at in instants)


def _label_sets(metric: Metric) -> Iterator[dict[str, str]]:
    """Every label with each of its values; every combination where those are not many."""
    values = [_values(metric, label) for label in metric.labels]
    if math.prod(map(len, values)) <= _MOST_SERIES:
        combined: Iterator[tuple[str, ...]] = itertools.product(*values)
    else:
        longest = max(map(len, values))
        cycles = (itertools.islice(itertools.cycle(one), longest) for one in values)
        combined = zip(*cycles, strict=True)
    for one in combined:
        yield dict(zip(metric.labels, one, strict=True))


def _values(metric: Metric, label: str) -> Sequence[str]:
    if label in _VALUES:
        return _VALUES[label]
    known = values_of(Selector(metric.name, ()), label)
    return sorted(known) or ("x",)


def _configured(folder: Path, rules: Iterable[Path]) -> Path:
    """These rules, all of them at every turn, and nothing to scrape."""
    copies = folder / "rules"
    copies.mkdir()
    for path in rules:
        text = re.sub(r"^( +)interval: .*", r"\1interval: 1s", path.read_text(), flags=re.MULTILINE)
        (copies / path.name).write_text(text)
    config = folder / "prometheus.yml"
    told = {"global": {"evaluation_interval": "1s"}, "rule_files": [str(copies / "*.yml")]}
    config.write_text(yaml.safe_dump(told))
    return config


def _has_rules(api: PrometheusApi) -> bool:
    """Whether every rule was evaluated, and none failed."""
    return set(api.health_of_rules().values()) == {"ok"}
