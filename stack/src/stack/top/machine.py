"""What the exporter's page tells: the models that are loaded, the GPUs, the machine. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ollama_observe.metrics.catalogue import exporter, gpu, host, ollama
from stack.top.reading import Labels, PageReader, Scrape

MARK = exporter.BUILD_INFO.name
"""What every exporter's page has."""

_IDLE_MODES = ("idle", "iowait")
_NO_THROTTLE = ("idle", "display")
"""Reasons for a low clock that hold nobody back."""

_READ = (
    *(exporter.BUILD_INFO, gpu.INFO, gpu.UTILIZATION, gpu.MEMORY_USED, gpu.MEMORY_TOTAL),
    *(gpu.POWER, gpu.TEMPERATURE, gpu.THROTTLE_ACTIVE),
    *(host.CPU_SECONDS, host.CPUS, host.LOAD, host.MEMORY_USED, host.MEMORY_TOTAL),
    *(ollama.UP, ollama.INFO, ollama.LOADED, ollama.MEMORY, ollama.VRAM, ollama.SPILL),
    *(ollama.CONTEXT, ollama.EXPIRY),
)


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model. `expires_in_seconds` is None for one that stays."""

    name: str
    memory_bytes: float | None = None
    vram_bytes: float | None = None
    ram_bytes: float | None = None
    context_tokens: float | None = None
    expires_in_seconds: float | None = None

    @property
    def gpu_ratio(self) -> float | None:
        """The part of its memory that is on GPUs."""
        if self.vram_bytes is None or not self.memory_bytes:
            return None
        return self.vram_bytes / self.memory_bytes


@dataclass(frozen=True, slots=True)
class Gpu:
    """A card; what it does not tell is None. `is_demo`: it is made up."""

    index: str
    name: str = ""
    is_demo: bool = False
    utilization_ratio: float | None = None
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None
    power_watts: float | None = None
    temperature_celsius: float | None = None
    throttled_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Host:
    """The machine. `cpu_seconds` are those of all CPUs by what they did, since it was started;
    `cpu_ratio` is the share in which they computed, of late: one page does not tell it."""

    cpus: float | None = None
    cpu_ratio: float | None = None
    load_1m: float | None = None
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None
    cpu_seconds: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """All of it. `ollama_up` None: the exporter does not say."""

    models: tuple[Model, ...] = ()
    gpus: tuple[Gpu, ...] = ()
    host: Host = field(default_factory=Host)
    ollama_up: bool | None = None
    ollama_version: str | None = None


def page_reader() -> PageReader:
    """Reads an exporter's pages."""
    return PageReader(metric.name for metric in _READ)


def machine_of(scrape: Scrape, now: float) -> Machine:
    """What a page tells; `now` is Unix time by the clock of who wrote it."""
    up = scrape.value(ollama.UP.name)
    return Machine(
        models=_models(scrape, now),
        gpus=tuple(_gpu(scrape, labels) for labels, _ in scrape.series(gpu.INFO.name)),
        host=_host(scrape),
        ollama_up=None if up is None else up == 1,
        ollama_version=scrape.label("version", ollama.INFO.name),
    )


def busy_ratio(before: Mapping[str, float], after: Mapping[str, float]) -> float | None:
    """The share of the time of all CPUs in which they computed; None where no time went by."""
    grown = {mode: value - before.get(mode, value) for mode, value in after.items()}
    whole = sum(grown.values())
    if whole <= 0 or min(grown.values()) < 0:
        return None
    return 1 - sum(grown.get(mode, 0.0) for mode in _IDLE_MODES) / whole


def _models(scrape: Scrape, now: float) -> tuple[Model, ...]:
    names = sorted(scrape.by("model", ollama.MEMORY.name))
    return tuple(_model(scrape, name, now) for name in names)


def _model(scrape: Scrape, name: str, now: float) -> Model:
    expiry = scrape.value(ollama.EXPIRY.name, model=name)
    return Model(
        name,
        memory_bytes=scrape.value(ollama.MEMORY.name, model=name),
        vram_bytes=scrape.value(ollama.VRAM.name, model=name),
        ram_bytes=scrape.value(ollama.SPILL.name, model=name),
        context_tokens=scrape.value(ollama.CONTEXT.name, model=name),
        expires_in_seconds=None if expiry is None else max(0.0, expiry - now),
    )


def _gpu(scrape: Scrape, info: Labels) -> Gpu:
    card = {"gpu": info.get("gpu", ""), "uuid": info.get("uuid", "")}
    power = scrape.value(gpu.POWER.name, **card, kind="average")
    if power is None:
        power = scrape.value(gpu.POWER.name, **card, kind="instant")
    held = scrape.series(gpu.THROTTLE_ACTIVE.name, **card)
    reasons = [labels.get("reason", "") for labels, value in held if value == 1]
    return Gpu(
        index=card["gpu"],
        name=info.get("name", ""),
        is_demo=info.get("vendor") == "demo",
        utilization_ratio=scrape.value(gpu.UTILIZATION.name, **card),
        memory_used_bytes=scrape.value(gpu.MEMORY_USED.name, **card),
        memory_total_bytes=scrape.value(gpu.MEMORY_TOTAL.name, **card),
        power_watts=power,
        temperature_celsius=_temperature(scrape, card),
        throttled_by=tuple(sorted(set(reasons) - set(_NO_THROTTLE))),
    )


def _temperature(scrape: Scrape, card: Labels) -> float | None:
    core = scrape.value(gpu.TEMPERATURE.name, **card, sensor="core")
    return core if core is not None else scrape.value(gpu.TEMPERATURE.name, **card)


def _host(scrape: Scrape) -> Host:
    return Host(
        cpus=scrape.value(host.CPUS.name),
        load_1m=scrape.value(host.LOAD.name, window="1m"),
        memory_used_bytes=scrape.value(host.MEMORY_USED.name),
        memory_total_bytes=scrape.value(host.MEMORY_TOTAL.name),
        cpu_seconds=scrape.by("mode", host.CPU_SECONDS.name) or None,
    )
