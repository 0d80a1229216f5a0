"""What a session does, as JSON tells it: no word of a question or an answer. Pure."""

from typing import Any

import msgspec

from traffic.worker.overrides import SETTABLE
from traffic.worker.session import Run, Session, State


class RunStanding(msgspec.Struct, frozen=True):
    """A run: what it asks, and what came of it so far. Warm-up is in `warm_up` alone.

    `how` is empty while it runs, then `done`, `stopped` or `failed`. Percentiles are to 1 %.
    """

    plan_sha256: str
    models: tuple[str, ...]
    settings: dict[str, Any]
    seconds: float
    how: str
    in_flight: int
    warm_up: int
    ok: int
    failed: int
    cancelled: int
    dropped: int
    generated_tokens: int
    ttft_seconds: dict[str, float | None]
    tokens_per_second: dict[str, float | None]
    errors: tuple[str, ...]


class Standing(msgspec.Struct, frozen=True):
    """A session. `run` is the run of now, or the last one; None before the first."""

    state: State
    detail: str
    run: RunStanding | None


def standing(session: Session) -> Standing:
    """How the session stands."""
    run = session.run
    return Standing(
        session.state, session.detail, None if run is None else _of(run, session.clock())
    )


def _of(run: Run, now: float) -> RunStanding:
    seen, told = run.running, run.playing.settings.model_dump(mode="json")
    return RunStanding(
        plan_sha256=run.plan.sha256,
        models=run.plan.models,
        settings={name: told[name] for name in SETTABLE if told[name] is not None},
        seconds=round((now if run.ended is None else run.ended) - run.began, 3),
        how=run.how if run.ended is not None else "",
        in_flight=seen.in_flight,
        warm_up=seen.warm_up,
        ok=seen.ok,
        failed=seen.failed,
        cancelled=seen.cancelled,
        dropped=seen.dropped,
        generated_tokens=seen.generated_tokens,
        ttft_seconds=seen.ttft_seconds.percentiles(),
        tokens_per_second=seen.tokens_per_second.percentiles(),
        errors=tuple(seen.errors),
    )
