"""Prometheus's rules: what is rendered from templates, with the operator's objectives.

A template is a file of rules with `@{names}`. One of these is no plain value:

    @{grown(SERIES, 5m)}

is how much a counter grew in a window, series by series, its beginning included. A labelled series
begins with what it first counted, which increase() takes for where it always was: of ten errors
that a series begins with, it sees none. So a series that was not there when the window began, while
its target was already read, has grown by all that it shows.
"""

import re
import shutil
import string
from pathlib import Path

from stack.console import say
from stack.prometheus.objectives import FAST_BURN, SLOW_BURN
from stack.request import Request
from stack.settings import StackSettings

RULES = Path("prometheus/rules")
TEMPLATES = Path("prometheus/templates")
_SUFFIX = ".template"

_DURATION = r"(\d+)([smhd])"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_GROWN = re.compile(rf"@\{{grown\((.+?), ({_DURATION})\)\}}")
_DURATIONS = re.compile(
    rf"(?P<before>\[|\boffset |^ +(?:for|interval): ){_DURATION}(?=\]|\b)", re.MULTILINE
)
_XID_SECONDS = 900


class _Template(string.Template):
    delimiter = "@"  # `$labels` and `$value` are Prometheus's


def render(template: str, settings: StackSettings) -> str:
    """A file of rules, with its objectives and times as the settings say."""
    budget_of_ttft = 1 - settings.slo_ttft_ratio
    budget_of_errors = 1 - settings.slo_success_ratio
    time_scale = settings.prometheus_rules_time_scale
    filled = _Template(_GROWN.sub(_grown, template)).substitute(
        slo_success_percent=f"{100 * settings.slo_success_ratio:g}",
        slo_ttft_percent=f"{100 * settings.slo_ttft_ratio:g}",
        slo_ttft_seconds=f"{settings.slo_ttft_seconds:g}",
        slo_ttft_bucket=repr(settings.slo_ttft_seconds),
        slo_duration_seconds=f"{settings.slo_duration_seconds:g}",
        slo_duration_bucket=repr(settings.slo_duration_seconds),
        slo_minimum_requests=settings.slo_minimum_requests,
        ttft_fast_ratio=f"{FAST_BURN * budget_of_ttft:.6g}",
        ttft_slow_ratio=f"{SLOW_BURN * budget_of_ttft:.6g}",
        errors_fast_ratio=f"{FAST_BURN * budget_of_errors:.6g}",
        errors_slow_ratio=f"{SLOW_BURN * budget_of_errors:.6g}",
        xid_seconds=f"{_XID_SECONDS * time_scale:g}",
        runbook_url=settings.prometheus_runbook_url,
    )
    return scaled(filled, time_scale)


def scaled(rules: str, time_scale: float) -> str:
    """Rules with every window, offset, delay and interval times `time_scale`.

    Recorded series keep their names: what says `rate5m` is then of a shorter window.
    """
    if time_scale == 1:
        return rules

    def scale(found: re.Match[str]) -> str:
        seconds = int(found[2]) * _SECONDS[found[3]] * time_scale
        return f"{found['before']}{max(1, round(seconds * 1000))}ms"

    return _DURATIONS.sub(scale, rules)


def from_templates(repository: Path, settings: StackSettings) -> dict[str, str]:
    """The files that are rendered, by name."""
    return {
        path.name.removesuffix(_SUFFIX): render(path.read_text(encoding="utf-8"), settings)
        for path in sorted((repository / TEMPLATES).glob(f"*{_SUFFIX}"))
    }


def write(repository: Path, folder: Path, settings: StackSettings) -> None:
    """Write every file of rules to a folder of its own: what is rendered, and the rest as it is."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    plain = {
        path.name: scaled(path.read_text(encoding="utf-8"), settings.prometheus_rules_time_scale)
        for path in (repository / RULES).glob("*.yml")
    }
    for name, text in (plain | from_templates(repository, settings)).items():
        (folder / name).write_text(text, encoding="utf-8")


def rewrite(request: Request, only_compare: bool) -> int:
    """The rules of the repository, for a Prometheus that is not the stack's own.

    Exit code 0, or 1 where `only_compare` found a file that the settings would have otherwise.
    """
    places, behind = request.places, 0
    for name, text in from_templates(places.repository, request.settings).items():
        path = places.repository / RULES / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        behind += 1
        if not only_compare:
            path.write_text(text, encoding="utf-8")
        say(f"{places.shown(path)} {'is behind: make rules' if only_compare else 'rewritten'}")
    return 1 if behind and only_compare else 0


def _grown(found: re.Match[str]) -> str:
    series, window = found[1], found[2]
    return (
        f"({series} unless {series} offset {window} "
        f"and on (instance, job) (up offset {window} == 1) "
        f"or increase({series}[{window}]))"
    )
