"""`python -m bench.exporter`: what a scrape of the GPU exporter costs, and what its reading does.

The exporter is a process that is looked at from outside: scraped over loopback as Prometheus
does it, one scrape after the other on one connection, and its CPU time read from the kernel.
"""

import argparse
import asyncio
import contextlib
import http.client
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.exporter.subject import CARDS
from bench.kernel import cpu_seconds, rss_bytes
from bench.machine import facts
from bench.percentiles import percentile
from tests.exporters import a_machine_that_hangs, exporter_process
from tests.ollamas import WrittenOllama, serving

MODELS = 20
SUBJECT = "bench.exporter.subject"
ACCEPT = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
"""As Prometheus 3 asks."""

_WARM_UP_SCRAPES = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one exporter. Units: as the names say; CPU of a core."""

    series: int
    body_bytes: int
    scrape_seconds: Sequence[float]
    scrape_cpu_seconds: float
    reading_cpu_ratio: float
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each exporter is watched without scrapes, and how often it is scraped then."""

    seconds: float
    scrapes: int
    settling_seconds: float = 1.5
    """After the start, for what is read only once."""


def scrape(connection: http.client.HTTPConnection) -> tuple[float, bytes]:
    """The seconds that a scrape took, and what it brought. Raises: ValueError."""
    began = time.perf_counter()
    connection.request("GET", "/metrics", headers={"accept": ACCEPT})
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    if answer.status != http.HTTPStatus.OK or not body.endswith(b"# EOF\n"):
        raise ValueError(f"expected a whole scrape, found {answer.status} and {body[-40:]!r}")
    return took, body


def measure(pid: int, port: int, plan: Plan) -> Figures:
    """Watch an exporter alone, then scrape it."""
    time.sleep(plan.settling_seconds)
    reading = _cpu_over(pid, plan.seconds)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        for _ in range(_WARM_UP_SCRAPES):
            _, body = scrape(connection)
        before, began = cpu_seconds(pid), time.perf_counter()
        times = [scrape(connection)[0] for _ in range(plan.scrapes)]
        used, elapsed = cpu_seconds(pid) - before, time.perf_counter() - began
    return Figures(
        series=sum(not line.startswith(b"#") for line in body.splitlines()),
        body_bytes=len(body),
        scrape_seconds=times,
        scrape_cpu_seconds=(used - reading * elapsed) / plan.scrapes,
        reading_cpu_ratio=reading,
        resident_bytes=rss_bytes(pid),
    )


def _cpu_over(pid: int, seconds: float) -> float:
    before, began = cpu_seconds(pid), time.perf_counter()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.perf_counter() - began)


def an_ollama() -> WrittenOllama:
    """One with twenty models on disk, three of them loaded."""
    ollama = WrittenOllama()
    for number in range(MODELS):
        details = {"family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"}
        ollama.install(f"model-{number}:8b", details=details)
    for number in range(3):
        ollama.load(f"model-{number}:8b")
    return ollama


async def run(plan: Plan) -> dict[str, Figures]:
    """Measure all of them, one after the other."""
    found = {"this machine, without Ollama": await _measured("gpu_exporter", plan)}
    with serving(an_ollama()) as ollama, tempfile.TemporaryDirectory() as folder:
        full = {"GPU_EXPORTER_OLLAMA_URL": ollama.url}
        found[f"{CARDS} cards, {MODELS} models"] = await _measured(SUBJECT, plan, **full)
        a_machine_that_hangs(Path(folder))
        for name in ("block", "class/hwmon", "class/thermal", "class/net"):
            (Path(folder) / name).symlink_to(Path("/sys") / name)
        hanging = {**full, "GPU_EXPORTER_HOST_SYS": folder}
        found["the same, while a collector hangs"] = await _measured(SUBJECT, plan, **hanging)
    return found


async def _measured(module: str, plan: Plan, **variables: str) -> Figures:
    quiet = {"GPU_EXPORTER_LOG_LEVEL": "error"}
    async with exporter_process(module=module, **quiet, **variables) as exporter:
        await exporter.until("/ready")
        return await asyncio.to_thread(measure, exporter.child.pid, exporter.port, plan)


def table(found: Mapping[str, Figures]) -> str:
    """The figures, for people and documents."""
    titles = ("", "series", "kB", "scrape p50", "p99", "CPU a scrape", "CPU of reading", "MB")
    units = ("", "", "", "ms", "ms", "ms", "% of a core", "resident")
    rows = [titles, ("---",) * len(titles), units, *(_row(*pair) for pair in found.items())]
    machine = facts(None, has_gateway=False)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + (
        f"\n\n{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
        f"Python {machine['python']}."
    )


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    return (
        name,
        str(figures.series),
        f"{figures.body_bytes / 1e3:.0f}",
        f"{percentile(figures.scrape_seconds, 50) * 1e3:.2f}",
        f"{percentile(figures.scrape_seconds, 99) * 1e3:.2f}",
        f"{figures.scrape_cpu_seconds * 1e3:.2f}",
        f"{figures.reading_cpu_ratio * 1e2:.2f}",
        f"{figures.resident_bytes / 1e6:.0f}",
    )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.exporter",
        description="What a scrape of the GPU exporter costs, and what its reading does.",
        allow_abbrev=False,
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="of watching each (20)")
    parser.add_argument("--scrapes", type=int, default=500, help="of each (500)")
    arguments = parser.parse_args()
    print(table(asyncio.run(run(Plan(arguments.seconds, arguments.scrapes)))))  # noqa: T201


if __name__ == "__main__":
    main()
