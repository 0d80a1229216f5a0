"""`--help`: the commands, the flags in groups, the exit codes. Pure.

The flags are the fields of the settings, so that none is missing and each says what it says in
the documents.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any, Literal, get_args, get_origin

from ollama_observe.service.settings import ServiceSettings, fields_of
from traffic.commands import COMMANDS
from traffic.settings import TrafficSettings

GROUPS: dict[str, tuple[str, ...]] = {
    "What is asked": (
        *("preset", "questions", "categories", "mix", "seed", "max_tokens", "prefix"),
        *("trace", "trace_speed", "questions_directory", "dry_run"),
    ),
    "Who is asked": (
        *("model", "api", "base_url", "route", "portkey_url", "ollama_url", "allow_remote"),
        *("api_key_file", "num_ctx", "keep_alive"),
        *("request_timeout_seconds", "connect_timeout_seconds"),
    ),
    "When": (
        *("arrival", "concurrency", "rate_per_second", "ramp_seconds", "burst_size"),
        *("spike_factor", "spike_after_seconds", "spike_seconds", "max_in_flight"),
        *("duration_seconds", "warm_up", "workers"),
    ),
    "What else is done to the server": ("cancel_rate", "cold_every"),
    "What comes of it": ("results_directory", "note", "slo", "log_level", "log_format"),
    "For the command worker": (
        *("worker_host", "worker_port", "worker_autostart", "worker_drain_seconds"),
    ),
}

EXIT_CODES = {
    "0": "every request that was sent got its whole answer; with --slo: the objectives are met",
    "1": "one did not, or was dropped, or a worker died; with --slo: an objective is missed",
    "2": "nothing was asked (a sentence says why), or the generator itself did not keep up",
    "130, 143": "stopped by Ctrl-C or SIGTERM, after the report of what was done",
}

VARIABLES = "Each flag is a variable, too: --max-tokens is TRAFFIC_MAX_TOKENS. The flag wins."

_COLUMN = 30
_WIDEST = 100


def help_wanted(argv: Iterable[str]) -> bool:
    """Whether a command line asks for its manual."""
    return not {"-h", "--help"}.isdisjoint(argv)


def run_manual(width: int | None = None) -> str:
    """The manual of a run, and of all commands."""
    columns = width or min(_WIDEST, shutil.get_terminal_size().columns)
    lines = [
        "usage: python -m traffic [COMMAND] [FLAGS]",
        "",
        *wrap(str(TrafficSettings.__doc__), columns),
        "",
        *section(
            "Commands (each has a --help)",
            {name: one.summary for name, one in COMMANDS.items() if not one.is_ours},
            columns,
        ),
        *flags(TrafficSettings, GROUPS, columns),
        *section("Exit codes", EXIT_CODES, columns),
        *wrap(VARIABLES, columns),
    ]
    return "\n".join(lines)


def flags(
    settings: type[ServiceSettings], groups: Mapping[str, Iterable[str]], columns: int
) -> Iterator[str]:
    """The flags of some settings, by groups."""
    rows = {row["flag"]: row for row in fields_of(settings)}
    for title, names in groups.items():
        shown = {}
        for name in names:
            row = rows[f"--{name.replace('_', '-')}"]
            word = _word(settings.model_fields[name].annotation)
            shown[f"{row['flag']} {word}".strip()] = row["description"] + _default(row["default"])
        yield from section(title, shown, columns)


def section(title: str, entries: Mapping[str, str], columns: int) -> Iterator[str]:
    """A title, and names with what there is to say about each."""
    yield title
    for name, text in entries.items():
        first, *rest = wrap(text, columns - _COLUMN) or [""]
        if len(name) + 4 > _COLUMN:
            yield f"  {name}"
            yield f"{'':{_COLUMN}}{first}"
        else:
            yield f"  {name:{_COLUMN - 2}}{first}"
        yield from (f"{'':{_COLUMN}}{line}" for line in rest)
    yield ""


def _word(annotation: Any) -> str:
    """What stands for a flag's value."""
    kinds = [kind for kind in get_args(annotation) or (annotation,) if kind is not type(None)]
    if get_origin(annotation) is Literal:
        return "WORD"
    if kinds == [bool]:
        return ""
    names = {int: "N", float: "X", str: "TEXT"}
    return names.get(kinds[0], "PATH")


def _default(value: Any) -> str:
    return "" if value is None or value is False or value == "" else f" [{value}]"
