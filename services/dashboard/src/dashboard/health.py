"""Asks a part of the stack how it is, by its control endpoint."""

from collections.abc import Sequence

import httpx2
import msgspec

from dashboard.asking import ask
from ollama_observe.service.addresses import without_credentials

WITHIN_SECONDS = 3.0
"""The proxy asks Ollama first, and gives it two."""
REPLICAS = "replicas"
"""The check of a part that there are several of."""


class CheckTold(msgspec.Struct, frozen=True):
    """What a part says of one thing. `is_up` is None where it says no more than `ok`."""

    ok: bool
    detail: str
    is_up: bool | None = None


class Health(msgspec.Struct, frozen=True):
    """What a part says of itself. Units: seconds."""

    ready: bool
    uptime_seconds: float
    checks: dict[str, CheckTold]


_health = msgspec.json.Decoder(Health).decode


async def ask_health(http: httpx2.AsyncClient, url: str) -> Health | str:
    """How the part at an address is; a sentence where it does not say. 503 is an answer, too."""
    answer = await ask(http, url, "/health", WITHIN_SECONDS)
    if isinstance(answer, str):
        return answer
    try:
        return _health(answer.content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return f"something else answers at {without_credentials(url)} ({answer.status_code})"


def together(told: Sequence[Health | str]) -> Health | str:
    """The replicas of a part as one: of each check the worst, and whether all of them take part.

    Since when it is up is what the oldest of them says. Pure.
    """
    answers = [one for one in told if isinstance(one, Health)]
    if len(told) == 1 or not answers:
        return told[0]
    checks: dict[str, CheckTold] = {}
    for name, check in (item for answer in answers for item in answer.checks.items()):
        if name not in checks or _badness(check) > _badness(checks[name]):
            checks[name] = check
    silent = [one for one in told if isinstance(one, str)]
    ready = sum(answer.ready for answer in answers)
    why = silent[0] if silent else "it starts, or it stops"
    said = f"{ready} of {len(told)} take requests" + (f": {why}" if ready < len(told) else "")
    return Health(
        ready=ready > 0,
        uptime_seconds=max(answer.uptime_seconds for answer in answers),
        checks={REPLICAS: CheckTold(ready == len(told), said), **checks},
    )


def _badness(check: CheckTold) -> tuple[bool, bool]:
    return (not check.ok, check.is_up is False)


async def ask_ready(http: httpx2.AsyncClient, url: str) -> str | None:
    """Why a Prometheus does not take queries; None where it does."""
    answer = await ask(http, url, "/-/ready", WITHIN_SECONDS)
    if isinstance(answer, str):
        return answer
    if answer.status_code == httpx2.codes.OK:
        return None
    return f"not ready: {without_credentials(url)} answered {answer.status_code}"
