"""`python -m traffic export FORMAT`: the question bank for another load generator.

The whole bank in its order, or with `--plan` what a run with the same flags would ask.
"""

import json
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from pydantic import Field
from rich.console import Console

from ollama_observe.service.settings import load, settings_config
from traffic.bank.loading import Bank
from traffic.bank.place import bank_of
from traffic.choices import Api
from traffic.export.formats import ARRAYS, FORMATS, Entry, Exported, Format, exported
from traffic.plan.mixes import parse_categories
from traffic.plan.plan import make_plan
from traffic.plan.planned import PlannedQuestion
from traffic.plan.stages import drafted
from traffic.refusals import RefusedError, say
from traffic.settings import TrafficSettings


class ExportSettings(TrafficSettings):
    """Writes the questions in a format of another load generator."""

    model_config = settings_config("TRAFFIC_", "traffic export FORMAT")

    api: Api = Field(
        "openai", description="Whose bodies aiperf-raw-payload has: of the three APIs as in a run."
    )
    plan: bool = Field(
        False, description="What a run with these flags would ask, in place of the whole bank."
    )
    turns: int = Field(
        1, ge=1, le=20, description="For guidellm: questions of exactly so many turns."
    )
    output: Path | None = Field(None, description="The file. Default: standard output.")


def main(argv: list[str]) -> int:
    """Write a format. Raises: RefusedError."""
    status = Console(stderr=True)
    wants_help = bool({"-h", "--help"} & set(argv))
    if wants_help:
        status.out(f"FORMAT is one of {', '.join(FORMATS)}", highlight=False)
    named = next((one for one in FORMATS if argv[:1] == [one]), None)
    if named is None and not wants_help:
        found = f"found {argv[0]!r}" if argv else "found none"
        raise RefusedError(f"export: expected a format ({', '.join(FORMATS)}), {found}")
    settings = load(ExportSettings, argv if named is None else argv[1:])
    return _export(named or FORMATS[0], settings, status)


def _export(name: Format, settings: ExportSettings, status: Console) -> int:
    bank = bank_of(settings)
    questions = planned(bank, settings) if settings.plan else drafts(bank, settings)
    made = exported(
        name,
        questions,
        api=settings.api,
        model=next(iter(settings.models)),
        turns=settings.turns,
    )
    if not made.records:
        raise RefusedError(f"{left_out_words(name, made)}; nothing is left to export")
    _write(text_of(name, made.records), settings.output)
    if made.left_out:
        say(status, left_out_words(name, made))
    return 0


def drafts(bank: Bank, settings: ExportSettings) -> list[PlannedQuestion]:
    """Every question of the wanted categories, in the bank's order."""
    wanted = parse_categories(settings.categories)
    found = (drafted(bank, one, settings) for one in bank.questions if one.category in wanted)
    return list(islice(found, settings.questions))


def planned(bank: Bank, settings: ExportSettings) -> list[PlannedQuestion]:
    """What a run would measure, in its order. Raises: BankError, PlanError, RefusedError."""
    plan = make_plan(bank, settings)
    if plan.endless is not None:
        raise RefusedError("a plan without an end cannot be exported; --questions gives it one")
    return list(plan.questions)


def text_of(name: Format, records: Sequence[Entry]) -> str:
    """The file: a record a line, in brackets where the format is one array."""
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    if name in ARRAYS:
        return "[\n" + ",\n".join(lines) + "\n]\n"
    return "".join(f"{line}\n" for line in lines)


def left_out_words(name: Format, made: Exported) -> str:
    """How many questions the format cannot carry, and why."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in made.reasons.most_common())
    total = made.left_out + len(made.records)
    return f"left out {made.left_out} of {total} questions that {name} cannot carry: {reasons}"


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RefusedError(f"cannot write {output}: {error.strerror}") from error
