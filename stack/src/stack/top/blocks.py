"""The parts of a screen that are no lists: who is there, what happens, the last minutes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from stack.alerts import printable
from stack.top import words
from stack.top.columns import GAP, Column, cut, table, wrapped
from stack.top.facts import LATELY_SECONDS, Facts, Source
from stack.top.glyphs import Glyphs
from stack.top.history import SLOT_SECONDS as SLOT
from stack.top.lists import DIM, FAILED, WARNED
from stack.top.look import Look
from stack.top.machine import Gpu, Host
from stack.top.rates import Growth, quantile
from stack.top.sparkline import Scale, linear, logarithmic, sparkline

NAME = "Ollama Observe"
_LABEL_WIDTH = 8
_FIGURES_WIDTH = 22
_SLOTS_A_MINUTE = round(60 / SLOT)
_NOT_SENT = ("queued", "waiting")


def _whole(seconds: float) -> str:
    """A span that is mostly of whole minutes."""
    return words.span(seconds).removesuffix(" 0s")


_LATELY = _whole(LATELY_SECONDS)

_GPU = (
    Column("", 16, grows=True),
    Column("", 9),
    Column("", 10, is_right=True),
    Column("", 5, rank=1, is_right=True),
    Column("", 5, rank=2, is_right=True),
    Column("", rank=3),
)


def title(facts: Facts, look: Look, width: int) -> Text:
    """What is watched, whether Ollama is up, and the time."""
    left = Text(end="", no_wrap=True)
    left.append(f"{NAME} {printable(facts.release)}" if facts.release else NAME, "bold")
    left.append(f"  {printable(facts.title)}")
    if facts.uptime_seconds is not None:
        left.append(f"  up {words.span(facts.uptime_seconds)}", DIM)
    left.append("  ")
    left.append_text(_ollama(facts))
    if look.is_paused:
        left.append("  ").append(" PAUSED ", "reverse")
    clock = f"{facts.at:%H:%M:%S}"
    left.truncate(max(0, width - len(clock) - GAP))
    left.append(" " * max(0, width - left.cell_len - len(clock)))
    left.append(clock)
    left.truncate(width)
    return left


def _ollama(facts: Facts) -> Text:
    name = f"Ollama {printable(facts.ollama_version)}" if facts.ollama_version else "Ollama"
    if facts.ollama_up is None:
        return Text(f"{name} unknown", DIM)
    return Text(f"{name} up", "green") if facts.ollama_up else Text(f"{name} DOWN", "bold red")


def headline(facts: Facts, width: int) -> Text:
    """What happens now, in one line."""
    line = Text(end="", no_wrap=True)
    if not facts.has_proxy:
        line.append("requests are not known while no proxy answers", DIM)
        line.truncate(width)
        return line
    waiting = sum(one.phase in _NOT_SENT for one in facts.requests)
    line.append(f"{len(facts.requests)} in flight", "bold")
    line.append(f" ({waiting} waiting)" if waiting else "")
    line.append(f"  {words.rate(facts.now.requests_per_second)} requests/s")
    line.append(f"  {words.rate(facts.now.tokens_per_second)} tokens/s")
    errors = sum(facts.lately.errors.values())
    said = f"{errors:.0f} error{'' if errors == 1 else 's'} in {_LATELY}"
    if facts.error_ratio:
        said += f" ({words.percent(facts.error_ratio)})"
    line.append("  ").append(said, FAILED if errors else "")
    line.truncate(width)
    return line


def troubles(facts: Facts, width: int, glyphs: Glyphs) -> list[Text]:
    """Who does not answer, and what cannot be as it seems."""
    found = [Text(_silent(one, glyphs), FAILED) for one in facts.sources if not one.is_up]
    if facts.ollama_up is False and facts.ollama_detail:
        found.append(Text(f"{glyphs.failed} {facts.ollama_detail}", FAILED))
    if facts.has_proxy and (facts.proxies_read or 0) > facts.proxies_asked:
        found.append(
            Text(
                f"Prometheus reads {facts.proxies_read} proxies, asked here: "
                f"{facts.proxies_asked}. Requests and rates are of these.",
                WARNED,
            )
        )
    if not facts.is_anybody_there and facts.remedy:
        found.append(Text(facts.remedy, WARNED))
    return [part for line in found for part in _wrapped(line, width)]


def _silent(source: Source, glyphs: Glyphs) -> str:
    return f"{glyphs.failed} {source.part} does not answer at {source.where}: {source.problem}"


def charts(facts: Facts, width: int, height: int, glyphs: Glyphs) -> list[list[Text]]:
    """The last minutes: tokens a second, and the time to first token; a block of lines each."""
    count = min(_columns(width), len(facts.slots))
    slots = facts.slots[len(facts.slots) - count :]
    tokens = [None if slot is None else slot.tokens_per_second for slot in slots]
    median, late = _ttft(slots, 0.5), _ttft(slots, 0.95)
    evenly, both = linear(tokens), logarithmic(median, late)
    peak = (
        f"max {words.rate(evenly.most) if any(slots) else words.UNKNOWN} in {_whole(count * SLOT)}"
    )
    half, most_of = (f"{words.seconds(facts.ttft(rank))} in {_LATELY}" for rank in (0.5, 0.95))
    found = (
        _Chart("tokens/s", tokens, evenly, peak, "green"),
        _Chart("TTFT p50", median, both, half, "cyan"),
        _Chart("TTFT p95", late, both, most_of, "cyan"),
    )
    return [_drawn(chart, width, height, glyphs) for chart in found]


@dataclass(frozen=True, slots=True)
class _Chart:
    label: str
    values: Sequence[float | None]
    scale: Scale
    figures: str
    style: str


def _drawn(chart: _Chart, width: int, height: int, glyphs: Glyphs) -> list[Text]:
    lines = []
    for number, bars in enumerate(sparkline(chart.values, chart.scale, height, glyphs.bars)):
        label, figures = (chart.label, chart.figures) if number == 0 else ("", "")
        line = Text(f"{label:<{_LABEL_WIDTH}} ", end="", no_wrap=True)
        line.append(bars, chart.style).append(f" {figures}")
        line.truncate(width)
        lines.append(line)
    return lines


def _ttft(slots: Sequence[Growth | None], rank: float) -> list[float | None]:
    return [None if slot is None else quantile(slot.ttft, rank) for slot in slots]


def _columns(width: int) -> int:
    """Of whole minutes, where there is room for one."""
    room = max(0, width - _LABEL_WIDTH - _FIGURES_WIDTH - 2)
    return room - room % _SLOTS_A_MINUTE if room > _SLOTS_A_MINUTE else room


def gpus(facts: Facts, width: int, glyphs: Glyphs) -> list[Text]:
    """A line a card."""
    if "gpu-exporter" in facts.missing:
        why = facts.missing["gpu-exporter"]
        line = f"no exporter, hence no models, GPUs and machine: {why}"
        return [_cut(Text(line, DIM), width, glyphs)]
    if not facts.has_exporter:
        return []
    if not facts.gpus:
        return [_cut(Text("no GPU that the exporter can read", DIM), width, glyphs)]
    rows = [_gpu(one, glyphs) for one in facts.gpus]
    return table(_GPU, rows, width, glyphs, has_heading=False)


def _gpu(gpu: Gpu, glyphs: Glyphs) -> list[str | Text]:
    kind = "  demo data" if gpu.is_demo and "synthetic" not in gpu.name else ""
    return [
        f"GPU {gpu.index}  {gpu.name}{kind}",
        f"util {words.percent(gpu.utilization_ratio)}",
        words.part_of(gpu.memory_used_bytes, gpu.memory_total_bytes),
        words.watts(gpu.power_watts),
        words.celsius(gpu.temperature_celsius, glyphs.degree),
        Text(printable(", ".join(gpu.throttled_by)), WARNED),
    ]


def host(facts: Facts, width: int) -> list[Text]:
    """The machine that the exporter runs on."""
    if not facts.has_exporter:
        return []
    found: Host = facts.host
    memory = words.part_of(found.memory_used_bytes, found.memory_total_bytes)
    of = f" of {found.cpus:.0f}" if found.cpus else ""
    line = Text(
        f"Machine  CPU {words.percent(found.cpu_ratio)}{of}  memory {memory}"
        f"  load {words.rate(found.load_1m)}",
        end="",
        no_wrap=True,
    )
    line.truncate(width)
    return [line]


def errors(facts: Facts, width: int, glyphs: Glyphs) -> list[Text]:
    """The errors of late by what went wrong, the most first; no line where there was none."""
    if not facts.lately.errors:
        return []
    by_count = sorted(facts.lately.errors.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{printable(name)} {count:.0f}" for name, count in by_count)
    return [_cut(Text(f"errors: {named}", FAILED), width, glyphs)]


def keys(look: Look, width: int, glyphs: Glyphs) -> Text:
    """What can be pressed, and what was chosen."""
    model = "all" if look.model is None else printable(look.model)
    pause = "go on" if look.is_paused else "pause"
    said = f"q quit  p {pause}  s sort: {look.sort}  m model: {model}  ~ estimated"
    return _cut(Text(said, "reverse"), width, glyphs)


def _wrapped(line: Text, width: int) -> list[Text]:
    """A line as several that fit: the end of a sentence is what helps."""
    parts = wrapped(printable(line.plain), max(1, width))
    return [Text(part, line.style, end="", no_wrap=True, overflow="crop") for part in parts]


def _cut(line: Text, width: int, glyphs: Glyphs) -> Text:
    return Text(
        cut(line.plain, width, glyphs.ellipsis), line.style, end="", no_wrap=True, overflow="crop"
    )
