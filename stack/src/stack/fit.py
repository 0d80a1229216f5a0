"""`fit`: whether a model fits beside what is loaded, or only how much is free.

The exporter answers, which sees the cards and asks Ollama; here it is asked, and put into lines.
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec

from ollama_observe.wire.records import UNREADABLE
from stack import supervised
from stack.alerts import printable
from stack.console import say
from stack.errors import NoExporterError, SettingsError
from stack.plan import Plan
from stack.request import Request
from stack.top.asking import Answer, HttpAsker, SilentError
from stack.top.targets import HERE, Flags, Targets, named

FITS, FITS_NOT, CANNOT_TELL = 0, 1, 3
"""Bad input is 2, as of every verb."""

PATH = "/api/fit"
NAMES = ("model", "context", "parallel", "kv_cache_type", "flash_attention")

_ANSWERS_WITHIN_SECONDS = 15.0
"""The exporter gives Ollama eight."""

_CODES = {"fits": FITS, "fits_after": FITS_NOT, "fits_partly": FITS_NOT, "does_not_fit": FITS_NOT}
_BAD = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
_WHATEVER = range(100, 600)


class HeadRoom(msgspec.Struct, frozen=True):
    """What is free, in sentences."""

    sentences: Sequence[str]


class Told(msgspec.Struct, frozen=True):
    """What is read of the exporter's document. No verdict: head-room alone was asked for."""

    head_room: HeadRoom
    verdict: str = ""
    summary: str = ""
    reasons: Sequence[str] = ()
    assumptions: Sequence[str] = ()


class _Error(msgspec.Struct, frozen=True):
    error: str


_told, _error = msgspec.json.Decoder(Told).decode, msgspec.json.Decoder(_Error).decode


def fit(request: Request, arguments: Namespace, elsewhere: Plan | None = None) -> int:
    """Print the answer; the exit code says it, too. Raises: StackError.

    `elsewhere` is what runs, where this stack's supervisor does not run it.
    """
    target = exporter(request, arguments, elsewhere)
    asked = {name: text for name in NAMES if (text := getattr(arguments, name)) is not None}
    asker = HttpAsker(target.exporter, _ANSWERS_WITHIN_SECONDS)
    try:
        answer = asker.get(f"{PATH}?{urlencode(asked)}", _WHATEVER)
        found = told(asker.name, answer, "model" in asked)
    except SilentError as error:
        silent = f"the exporter at {asker.name} does not answer ({error})"
        raise NoExporterError(f"{silent}{target.remedy}") from error
    finally:
        asker.close()
    for line in _document(answer.body) if arguments.json else lines(found):
        say(printable(line))
    return exit_code(found)


def exporter(request: Request, arguments: Namespace, elsewhere: Plan | None) -> Targets:
    """The exporter that is named, else ours, and what helps where it does not answer.

    Raises: StackError.
    """
    if arguments.exporter is not None:
        if not arguments.exporter:
            raise SettingsError("--exporter: expected http://host:port, found ''")
        target = named(Flags(exporter=arguments.exporter), request.settings)
        return replace(target, remedy=f". {target.remedy}")
    here = Plan.load(request.places.run) if supervised.connect(request.socket) else None
    plan = elsewhere or here
    if plan is None or not plan.parts:
        raise NoExporterError("not running: make start")
    part = plan.part("gpu-exporter")
    if part is None:
        raise NoExporterError("this stack runs without the exporter, which alone can tell")
    return Targets(HERE, exporter=part.addresses[0].url, remedy=": make status")


def told(name: str, answer: Answer, is_judged: bool) -> Told:
    """What the exporter says. `is_judged`: it was asked for a verdict.

    Raises: StackError with its sentence where that is no answer.
    """
    try:
        if answer.status == HTTPStatus.OK:
            found = _told(answer.body)
            if bool(found.verdict and found.summary) is is_judged:
                return found
        else:
            raise _refusal(answer.status, _error(answer.body).error)
    except UNREADABLE:
        pass
    raise NoExporterError(f"what answers at {name} is no exporter: status {answer.status}")


def _refusal(status: int, sentence: str) -> NoExporterError | SettingsError:
    kind = SettingsError if status in _BAD else NoExporterError
    return kind(printable(sentence))


def exit_code(found: Told) -> int:
    """0 where it fits, or only head-room was asked for; 1 where it does not beside what is loaded;
    3 where that cannot be told.
    """
    return _CODES.get(found.verdict, CANNOT_TELL) if found.verdict else FITS


def _document(body: bytes) -> Sequence[str]:
    """The exporter's own, indented. What is read of it is UTF-8; the rest may be anything."""
    return msgspec.json.format(body, indent=2).decode(errors="replace").split("\n")


def lines(found: Told) -> Iterator[str]:
    """What the operator reads."""
    if found.verdict:
        yield found.summary
        yield from _paragraph("because", found.reasons)
        yield from _paragraph("taken to be so", found.assumptions)
    yield from _paragraph("head-room", found.head_room.sentences)


def _paragraph(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield f"{title}:"
        yield from (f"  {sentence}" for sentence in sentences)
