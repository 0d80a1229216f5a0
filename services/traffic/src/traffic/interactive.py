"""`python -m traffic interactive`: choose what to ask, see the plan, then watch it being played.

The answers are settings and are checked as settings are. Flags and variables say what stands
there when Enter is pressed.
"""

import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from rich.console import Console
from rich.prompt import Confirm, Prompt
from rich.table import Table
from rich.text import Text

from ollama_observe.service.settings import describe, load
from traffic.bank.questions import Category
from traffic.choices import ANY_MODEL
from traffic.manual import GROUPS, flags, help_wanted
from traffic.plan.mixes import FIXTURES
from traffic.plan.preview import preview
from traffic.refusals import INTERRUPTED, RefusedError, say
from traffic.request.client import open_http
from traffic.run.command import Prepared, prepare, run
from traffic.settings import TrafficSettings, changed
from traffic.target.check import Look, TargetError, check
from traffic.target.server import Model, suited

NO_TERMINAL = (
    "interactive asks at a terminal, and standard input and error are none;"
    " flags say the same: python -m traffic --help"
)
LEFT = "left; nothing was asked"
ALL = "all"
RECORDED = "as recorded"


@dataclass(frozen=True, slots=True)
class Topic:
    """A thing to ask for: the setting, and what is said about it."""

    field: str
    words: str


PRESET = Topic(
    "preset", "Preset: quick 10 questions, demo 50, stress 1000, continuous until Ctrl-C"
)
ARRIVAL = Topic(
    "arrival", "Arrival: closed (the next as one ends), constant, poisson, ramp, burst or spike"
)
CONCURRENCY = Topic("concurrency", "Questions in flight")
RATE = Topic("rate_per_second", "Questions a second")
API = Topic("api", "API: native, openai or anthropic")


def main(argv: list[str]) -> int:
    """Ask, show, play; the exit code is the run's."""
    if help_wanted(argv):
        lines = ["usage: python -m traffic interactive [FLAGS]", "", str(__doc__), ""]
        Console().out("\n".join([*lines, *flags(TrafficSettings, GROUPS, 80)]), highlight=False)
        return 0
    settings = load(TrafficSettings, argv)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusedError(NO_TERMINAL)
    console = Console(stderr=True)
    try:
        prepared = _chosen(Interview(console, settings))
        is_wanted = _is_wanted(console, prepared)
    except (KeyboardInterrupt, EOFError) as error:
        console.print()
        say(console, LEFT)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 0
    if not is_wanted:
        say(console, LEFT)
        return 0
    return run(prepared)


def _chosen(interview: "Interview") -> Prepared:
    """Ask until a plan can be made of the answers."""
    models = asyncio.run(_offered(interview.settings))
    while True:
        interview.hold(models)
        try:
            return prepare(interview.settings)
        except RefusedError as error:
            say(interview.console, str(error))


def _is_wanted(console: Console, prepared: Prepared) -> bool:
    console.print(preview(prepared.settings, prepared.plan))
    console.print()
    if prepared.settings.dry_run:
        return False
    return Confirm.ask("Start", console=console, default=True)


async def _offered(settings: TrafficSettings) -> tuple[Model, ...]:
    """The models of the server. Raises: TargetError where nobody is there."""
    models = (await _look(settings, ())).models
    if not models:  # a server that has none is refused, one that lists none may be asked
        await _look(settings, tuple(settings.models))
    return models


class Interview:
    """The questions to the operator; `settings` are those that the answers have made so far."""

    def __init__(self, console: Console, settings: TrafficSettings) -> None:
        self.console = console
        self.settings = settings

    def hold(self, models: Sequence[Model]) -> None:
        """Ask for everything that a run of this kind has."""
        self._ask_model(models)
        if self.settings.preset != "replay":  # which has the rest from its trace
            self._ask(PRESET)
            if self.settings.preset not in FIXTURES:
                self._ask_categories()
            self._ask(ARRIVAL)
            self._ask(CONCURRENCY if self.settings.arrival == "closed" else RATE)
        self._ask(API)

    def _ask_model(self, models: Sequence[Model]) -> None:
        names = [model.name for model in models]
        if names:
            self.console.print(_numbered(("model", "size"), _sizes(models)))
        default = self._default_model(models)
        while True:
            text = self._answer("Model, by number or name", default)
            if text == default == RECORDED:
                return
            if self._take("model", _by_number(text, names)) and self._can_be_asked():
                return

    def _default_model(self, models: Sequence[Model]) -> str:
        """What Enter stands for; a replay asks the models of its trace until another is named."""
        told = self.settings
        is_named = "model" in told.model_fields_set and told.model != ANY_MODEL
        if told.preset == "replay" and not is_named:
            return RECORDED
        if not models or _is_offered(told.model, [model.name for model in models]):
            return told.model
        return suited(models, told.preset) or models[0].name

    def _can_be_asked(self) -> bool:
        try:
            asyncio.run(_look(self.settings, tuple(self.settings.models)))
        except TargetError as error:
            say(self.console, str(error))
            return False
        return True

    def _ask_categories(self) -> None:
        names = [str(category) for category in Category]
        self.console.print(_numbered(("category",), ((name,) for name in names)))
        while True:
            text = self._answer(
                "Categories, by number or name, several by commas", self.settings.categories or ALL
            )
            words = [] if text == ALL else text.split(",")
            if self._take("categories", ",".join(_by_number(word, names) for word in words)):
                return

    def _ask(self, topic: Topic) -> None:
        while True:
            text = self._answer(topic.words, str(getattr(self.settings, topic.field)))
            if self._take(topic.field, text):
                return

    def _answer(self, words: str, default: str) -> str:
        return Prompt.ask(words, console=self.console, default=default).strip()

    def _take(self, field: str, text: str) -> bool:
        """Whether the settings have the answer now; if not, it is said why."""
        try:
            self.settings = changed(self.settings, {field: text})
        except ValidationError as error:
            for sentence in describe(TrafficSettings, error):
                say(self.console, sentence)
            return False
        return True


async def _look(settings: TrafficSettings, models: Sequence[str]) -> Look:
    """What there is to ask. Raises: TargetError where nobody is there, or not the `models`."""
    async with open_http(settings) as http:
        return await check(http, settings, models)


def _is_offered(model: str, names: Sequence[str]) -> bool:
    return all(word.partition("=")[0].strip() in names for word in model.split(","))


def _by_number(text: str, names: Sequence[str]) -> str:
    """The name that a number stands for; anything else is a name already."""
    word = text.strip()
    if word.isdecimal() and 1 <= int(word) <= len(names):
        return names[int(word) - 1]
    return word


def _sizes(models: Sequence[Model]) -> Iterator[tuple[str, str]]:
    for model in models:
        yield model.name, "" if model.size is None else size(model.size)


def size(size_bytes: int) -> str:
    """Bytes for people, in the units in which models are offered.

    Example: 4661224676 gives `4.7 GB`, 270898672 gives `271 MB`.
    """
    if size_bytes >= 10**9:
        return f"{size_bytes / 10**9:.1f} GB"
    return f"{size_bytes / 10**6:.0f} MB"


def _numbered(columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table("", *columns, box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, row in enumerate(rows, start=1):
        table.add_row(str(number), *map(Text, row))
    return table
