"""The results of a run: a folder with JSON, CSV and a page, and the JSON read back.

Written under another name first, so that a folder with a result's name is whole.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr

from ollama_observe.service.addresses import without_credentials
from traffic.plan.plan import Plan
from traffic.refusals import RefusedError
from traffic.request.attempt import Attempt
from traffic.results.drops import Drop
from traffic.results.facts import PlanFacts, plan_facts
from traffic.results.records import Record, attempt_of, csv_of, record_of
from traffic.results.slo import Verdict
from traffic.results.summary import Summary
from traffic.settings import TrafficSettings

SCHEMA = "ollama-observe traffic result"
VERSION = 1

JSON_NAME = "result.json"
CSV_NAME = "requests.csv"
PAGE_NAME = "report.html"

_MOST_ALIKE = 1000
_LONGEST_MODEL = 48


class ResultError(RefusedError):
    """A file is no result that can be read; the message says what was expected and found."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has ended. `started_at` is the wall clock when the records' clock showed 0.

    `versions` are of what ran, `server` what the model server says of itself (its version, the
    digest of each model), `self_check` the generator's word about itself: `reasons` are why the
    run is invalid, `lost` how its processes died, `remarks` what is to be known of its figures.
    `drops` and `records` are the last ones where `summary.kept` says so.
    """

    schema: str = SCHEMA
    version: int = VERSION
    started_at: str
    plan: PlanFacts
    settings: dict[str, Any]
    versions: dict[str, str]
    server: dict[str, str]
    self_check: dict[str, Any] | None
    summary: Summary
    objectives: tuple[Verdict, ...]
    drops: tuple[Drop, ...]
    records: tuple[Record, ...]

    @property
    def attempts(self) -> list[Attempt]:
        """What was measured, on a clock that showed 0 when the run began."""
        return [attempt_of(record) for record in self.records]

    @property
    def note(self) -> str:
        """What the operator noted of the run."""
        return msgspec.convert(self.settings, _Noted).note

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the run is invalid, by the generator's own check; empty for a valid one."""
        return _said_in(self.self_check).reasons

    @property
    def lost(self) -> tuple[str, ...]:
        """How processes of the run died, which then is incomplete."""
        return _said_in(self.self_check).lost

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be known of the figures, by the generator's own check."""
        return _said_in(self.self_check).remarks


class _Noted(msgspec.Struct, frozen=True):
    """Of the settings, what is read again."""

    note: str = ""


class _Said(msgspec.Struct, frozen=True):
    """Of the generator's own check, what is read again."""

    reasons: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def _said_in(self_check: Mapping[str, Any] | None) -> _Said:
    return msgspec.convert(self_check or {}, _Said)


class _Head(msgspec.Struct, frozen=True):
    schema: str
    version: int


def result_of(
    *,
    settings: TrafficSettings,
    plan: Plan,
    attempts: Sequence[Attempt],
    drops: Sequence[Drop],
    summary: Summary,
    started: float,
    started_at: datetime,
    versions: Mapping[str, str],
    server: Mapping[str, str] | None = None,
    self_check: Mapping[str, Any] | None = None,
    objectives: Sequence[Verdict] = (),
) -> Result:
    """All of a run. `started` is what the attempts' clock showed at `started_at`."""
    return Result(
        started_at=started_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        plan=plan_facts(plan),
        settings=shown_settings(settings),
        versions=dict(versions),
        server=dict(server or {}),
        self_check=None if self_check is None else dict(self_check),
        summary=summary,
        objectives=tuple(objectives),
        drops=tuple(drops),
        records=tuple(record_of(attempt, started) for attempt in attempts),
    )


def shown_settings(settings: TrafficSettings) -> dict[str, Any]:
    """The settings as they may be shown: no secret, no password in an address."""
    plain = settings.model_dump(mode="json")
    for name in plain:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            plain[name] = "set"
        elif name.endswith("_url") and isinstance(value, str):
            plain[name] = without_credentials(value)
    return plain


def folder_name(result: Result) -> str:
    """Time, preset, model, plan.

    Example: `20261128T124501Z-demo-smollm2-135m-1f0c99ab`.
    """
    at = datetime.fromisoformat(result.started_at).strftime("%Y%m%dT%H%M%SZ")
    models = re.sub(r"[^A-Za-z0-9.]+", "-", "+".join(result.plan.models)).strip("-.")
    model = models[:_LONGEST_MODEL].rstrip("-.") or "model"
    return f"{at}-{result.plan.preset}-{model}-{result.plan.sha256[:8]}"


def encoded(result: Result) -> bytes:
    """The JSON of a result."""
    return msgspec.json.encode(result) + b"\n"


def write(directory: Path, result: Result, page: str) -> Path:
    """A new folder of `directory` with the result; one that exists is never touched.

    Raises: OSError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=directory))
    try:
        (hidden / JSON_NAME).write_bytes(encoded(result))
        (hidden / CSV_NAME).write_text(csv_of(result.records), encoding="utf-8", newline="")
        (hidden / PAGE_NAME).write_text(page, encoding="utf-8")
        hidden.chmod(0o777 & ~_umask())
        return _named(hidden, directory / folder_name(result))
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def _named(hidden: Path, wanted: Path) -> Path:
    """Rename to the first name that is free; a rename refuses a folder that holds something."""
    for number in range(1, _MOST_ALIKE + 1):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            return hidden.rename(path)
        except OSError:
            if not path.exists():
                raise
    raise FileExistsError(errno.EEXIST, f"{_MOST_ALIKE} results of one name exist", str(wanted))


def _umask() -> int:
    found = os.umask(0o022)
    os.umask(found)
    return found


def load(path: Path) -> Result:
    """A result, by its folder or its JSON. Raises: ResultError."""
    file = path / JSON_NAME if path.is_dir() else path
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ResultError(f"cannot read {file}: {error.strerror}") from error
    _require_ours(file, data)
    try:
        result = msgspec.json.decode(data, type=Result)
        _said_in(result.self_check), msgspec.convert(result.settings, _Noted)
    except msgspec.ValidationError as error:
        raise ResultError(f"{file} is no whole result: {_words(error)}") from error
    return result


def _require_ours(file: Path, data: bytes) -> None:
    expected = f"expected {JSON_NAME} of a traffic run"
    try:
        head = msgspec.json.decode(data, type=_Head)
    except msgspec.DecodeError as error:
        raise ResultError(f"{file}: {expected}, found {_words(error)}") from error
    if head.schema != SCHEMA:
        raise ResultError(f"{file}: {expected}, found the schema {head.schema!r}")
    if head.version != VERSION:
        raise ResultError(
            f"{file}: expected version {VERSION} of the result, found {head.version};"
            " read it with the version of the generator that wrote it"
        )


def _words(error: msgspec.DecodeError) -> str:
    said = str(error)
    return said if said[:2].isupper() else said[:1].lower() + said[1:]
