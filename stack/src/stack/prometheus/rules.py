"""Prometheus's rules: what is rendered from templates, with the operator's objectives.

A template is a file of rules with `@{names}`; any other `@` is a letter. One of these is no plain
value:

    @{grown(SERIES, 5m)}

is how much a counter grew in a window, series by series, its beginning included. A labelled series
begins with what it first counted, which increase() takes for where it always was: of ten errors
that a series begins with, it sees none. So a series that was not there when the window began, and
is in fewer scrapes of the window than its target answered, has grown by all that it shows. One that
is in all of them may be older than Prometheus: of that, increase() is all that can be known.
"""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from ollama_observe.wire.endpoints import ENDPOINTS, Answer
from stack.console import say
from stack.errors import StackError
from stack.prometheus.durations import shortened
from stack.prometheus.objectives import FAST_BURN, SLOW_BURN
from stack.request import Request
from stack.settings import StackSettings

RULES = Path("prometheus/rules")
TEMPLATES = Path("prometheus/templates")
_SUFFIX = ".template"

_DURATION = r"(\d+)([smhd])"
_GROWN = re.compile(rf"@\{{grown\((.+?), ({_DURATION})\)\}}")
_DURATIONS = re.compile(
    rf"(?P<before>\[|\boffset |^ +(?:for|interval): ){_DURATION}(?=\]|\b)", re.MULTILINE
)
_PLACE = re.compile(r"@\{(?P<name>[^}\n]*)(?P<end>\}?)")
_XID_SECONDS = 900

_NO_INFERENCE = (Answer.NONE, Answer.PROGRESS)
_NO_TOKENS = (
    *(Answer.EMBED, Answer.EMBEDDINGS, Answer.OPENAI_EMBEDDINGS),
    Answer.TRANSCRIPTION,
)


def render(template: str, settings: StackSettings, where: str = "the template") -> str:
    """A file of rules, with its objectives and times as the settings say.

    Raises: StackError that says `where` it expected a name that there is.
    """
    budget_of_ttft = 1 - settings.slo_ttft_ratio
    budget_of_errors = 1 - settings.slo_success_ratio
    time_scale = settings.prometheus_rules_time_scale
    values: dict[str, object] = {
        "slo_success_percent": f"{100 * settings.slo_success_ratio:g}",
        "slo_ttft_percent": f"{100 * settings.slo_ttft_ratio:g}",
        "slo_ttft_seconds": f"{settings.slo_ttft_seconds:g}",
        "slo_ttft_bucket": repr(settings.slo_ttft_seconds),
        "slo_duration_seconds": f"{settings.slo_duration_seconds:g}",
        "slo_duration_bucket": repr(settings.slo_duration_seconds),
        "slo_minimum_requests": settings.slo_minimum_requests,
        "ttft_fast_ratio": f"{FAST_BURN * budget_of_ttft:.6g}",
        "ttft_slow_ratio": f"{SLOW_BURN * budget_of_ttft:.6g}",
        "errors_fast_ratio": f"{FAST_BURN * budget_of_errors:.6g}",
        "errors_slow_ratio": f"{SLOW_BURN * budget_of_errors:.6g}",
        "xid_seconds": f"{_XID_SECONDS * time_scale:g}",
        "inference": _endpoints(*_NO_INFERENCE),
        "generation": _endpoints(*_NO_INFERENCE, *_NO_TOKENS),
        "runbook_url": _quoted(settings.prometheus_runbook_url),
    }
    # what is filled in may look like a duration, and is none
    return _filled(scaled(_GROWN.sub(_grown, template), time_scale), values, where)


def scaled(rules: str, time_scale: float) -> str:
    """Rules with every window, offset, delay and interval times `time_scale`.

    Recorded series keep their names: what says `rate5m` is then of a shorter window.
    """
    if time_scale == 1:
        return rules

    def scale(found: re.Match[str]) -> str:
        return f"{found['before']}{shortened(found[2], found[3], time_scale)}"

    return _DURATIONS.sub(scale, rules)


def from_templates(repository: Path, settings: StackSettings) -> dict[str, str]:
    """The files that are rendered, by name. Raises: StackError."""
    return {
        path.name.removesuffix(_SUFFIX): render(
            _read(path, repository), settings, str(path.relative_to(repository))
        )
        for path in sorted((repository / TEMPLATES).glob(f"*{_SUFFIX}"))
    }


def source_of(repository: Path, name: str) -> Path:
    """What a file of rules is made of, from the repository: its template, or itself."""
    template = TEMPLATES / f"{name}{_SUFFIX}"
    return template if (repository / template).exists() else RULES / name


def write(repository: Path, folder: Path, settings: StackSettings) -> None:
    """Write every file of rules to a folder of its own: what is rendered, and the rest as it is.

    Raises: StackError for a file that cannot be read as text, or rendered.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rendered = from_templates(repository, settings)
    plain = {
        path.name: scaled(_read(path, repository), settings.prometheus_rules_time_scale)
        for path in (repository / RULES).glob("*.yml")
        if path.name not in rendered
    }
    for name, text in (plain | rendered).items():
        (folder / name).write_text(text, encoding="utf-8")


def rewrite(request: Request, only_compare: bool) -> int:
    """The rules of the repository, for a Prometheus that is not the stack's own: of full length.

    Exit code 0, or 1 where `only_compare` found a file that the settings would have otherwise.
    """
    places, behind = request.places, 0
    settings = request.settings.model_copy(update={"prometheus_rules_time_scale": 1.0})
    for name, text in from_templates(places.repository, settings).items():
        path = places.repository / RULES / name
        # one that is no text is behind, too
        if path.exists() and path.read_text(encoding="utf-8", errors="replace") == text:
            continue
        behind += 1
        if not only_compare:
            path.write_text(text, encoding="utf-8")
        say(f"{places.shown(path)} {'is behind: make rules' if only_compare else 'rewritten'}")
    return 1 if behind and only_compare else 0


def _read(path: Path, repository: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StackError(
            f"{path.relative_to(repository)}, line {line}: expected UTF-8, found the byte "
            f"{error.object[error.start]:#04x}"
        ) from error


def _filled(template: str, values: Mapping[str, object], where: str) -> str:
    def value_of(place: re.Match[str]) -> str:
        if place["end"] and place["name"] in values:
            return str(values[place["name"]])
        line = template.count("\n", 0, place.start()) + 1
        raise StackError(
            f"{where}, line {line}: expected @{{grown(SERIES, 5m)}} or @{{}} around one of "
            f"{', '.join(values)}; found {place[0]}"
        )

    return _PLACE.sub(value_of, template)


def _quoted(text: str) -> str:
    """A text as it stands between YAML's double quotes, where Prometheus fills in `{{ }}`."""
    return json.dumps(text.replace("{{", '{{ "{{" }}'), ensure_ascii=False)[1:-1]


def _endpoints(*without: Answer) -> str:
    """The routes that ask a model for something, but for some, as a regular expression."""
    return "|".join(one.template for one in ENDPOINTS if one.answer not in without)


def _grown(found: re.Match[str]) -> str:
    series, window = found[1], found[2]
    return (
        f"({series} unless {series} offset {window} "
        f"and (count_over_time({series}[{window}]) < on (instance, job) group_left () "
        f"max by (instance, job) (sum_over_time(up[{window}]))) "
        f"or increase({series}[{window}]))"
    )
