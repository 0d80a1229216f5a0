"""What the traffic worker says of itself, and how the operator reads it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from stack.alerts import printable
from stack.console import duration


class _Run(BaseModel):
    """A run of the worker, the present or the last one, as it tells of it."""

    model_config = ConfigDict(frozen=True)

    models: tuple[str, ...]
    settings: Mapping[str, Any]
    seconds: float
    how: str
    in_flight: int
    ok: int
    failed: int
    cancelled: int
    dropped: int
    ttft_seconds: Mapping[str, float | None]
    errors: tuple[str, ...]


class Standing(BaseModel):
    """How a worker stands."""

    model_config = ConfigDict(frozen=True)

    state: str
    detail: str
    run: _Run | None

    @property
    def is_well(self) -> bool:
        """Whether it asks, or was told not to: nothing keeps it from it."""
        return self.state != "waiting" and (self.run is None or self.run.how != "failed")


def read(body: bytes) -> Standing | None:
    """A worker's answer; None where it is something else's."""
    try:
        return Standing.model_validate_json(body)
    except ValidationError:
        return None


def headline(standing: Standing) -> str:
    """One line: what it does, and what came of it."""
    run = standing.run
    if standing.state == "waiting" or run is None:
        reason = f": {printable(standing.detail)}" if standing.detail else ""
        return f"{standing.state}{reason}"
    counts = f"{run.ok} answered, {run.failed} failed"
    if standing.state == "idle":
        return f"idle, the last run ({run.how}): {counts}"
    return f"{standing.state}, {_pace(run.settings)}: {counts}"


def lines(url: str, standing: Standing) -> Iterator[str]:
    """All that the operator wants to know."""
    yield f"{headline(standing)} (the worker at {url})"
    run = standing.run
    if standing.state == "waiting" or run is None:
        return
    told = run.settings
    kinds = told.get("categories") or f"mix {told.get('mix')}"
    yield printable(
        f"  {told.get('preset')}, {kinds}, {', '.join(run.models)}, for {duration(run.seconds)}"
    )
    yield f"  {run.in_flight} in flight, {run.cancelled} left, {run.dropped} dropped"
    shares = {name: value for name, value in run.ttft_seconds.items() if value is not None}
    if shares:
        figures = ", ".join(f"{name} {value:.3g} s" for name, value in shares.items())
        yield f"  time to first token: {figures}"
    for sentence in filter(None, (standing.detail, *run.errors)):
        yield f"  {printable(sentence)}"


def _pace(told: Mapping[str, Any]) -> str:
    if told.get("preset") == "replay":
        return "a replay"
    if told.get("arrival") == "closed":
        return f"{told.get('concurrency')} at once"
    return printable(f"{told.get('arrival')} at {told.get('rate_per_second')} questions a second")
