"""What came of the scenarios and what Prometheus says that it fired, to rows. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drill.play import Record
from drill.prometheus import Firing
from drill.scenario import Component, Scenario


class Verdict(StrEnum):
    """What a row of the table says."""

    OK = "ok"
    SILENT = "did not fire"
    RESTLESS = "did not resolve"
    UNPROVOKED = "fired, and nothing had provoked it"
    NOT_DRILLED = "not drilled"
    MISSED = "required, and not drilled"


GOOD = frozenset({Verdict.OK, Verdict.NOT_DRILLED})


@dataclass(frozen=True, slots=True)
class Row:
    """One alert of one condition. Units: seconds since the condition began, and since it ended.

    `how` is what was done, or what is missing.
    """

    alert: str
    how: str
    verdict: Verdict
    fired_seconds: float | None = None
    resolved_seconds: float | None = None


def rows_of(record: Record) -> Iterator[Row]:
    """A row for each alert that a scenario must make fire."""
    for place, alert in enumerate(record.scenario.fires):
        fired, resolved = record.fired.get(place), record.resolved.get(place)
        verdict = Verdict.OK
        if fired is None:
            verdict = Verdict.SILENT
        elif resolved is None:
            verdict = Verdict.RESTLESS
        yield Row(
            alert.name,
            record.scenario.how,
            verdict,
            None if fired is None else fired - record.began,
            # what never fired has not resolved either
            None
            if fired is None or resolved is None or record.cleared is None
            else resolved - record.cleared,
        )


def unprovoked(records: Sequence[Record], firings: Iterable[Firing]) -> Iterator[Row]:
    """A row for each alert that fired while no scenario was played that accounts for it."""
    told = set()
    for firing in firings:
        is_provoked = any(
            firing.name in record.scenario.names
            and record.began <= firing.began
            and (record.ended is None or firing.began <= record.ended)
            for record in records
        )
        if not is_provoked and firing.name not in told:
            told.add(firing.name)
            about = ", ".join(
                f"{label} {value}"
                for label, value in sorted(firing.labels.items())
                if label not in ("__name__", "alertname", "alertstate", "severity")
            )
            yield Row(firing.name, about, Verdict.UNPROVOKED)


def not_drilled(
    scenarios: Iterable[Scenario],
    lacking: Mapping[Component, str],
    required: frozenset[Component],
) -> Iterator[Row]:
    """A row for each alert whose scenario needs something that is not here."""
    for scenario in scenarios:
        if scenario.needs is not None and scenario.needs in lacking:
            verdict = Verdict.MISSED if scenario.needs in required else Verdict.NOT_DRILLED
            for alert in scenario.fires:
                yield Row(alert.name, lacking[scenario.needs], verdict)


def restless(names: Iterable[str], rows: Sequence[Row]) -> Iterator[Row]:
    """A row for each alert that went on after its round, where none says so already."""
    said = {row.alert for row in rows if row.verdict is not Verdict.OK}
    for name in sorted(set(names) - said):
        yield Row(name, "still pending or firing after its round", Verdict.RESTLESS)
