"""`alerts`: what Prometheus says of the alerts now: which fire, and which are about to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from stack import probes, supervised
from stack.console import columns, complain, duration, say
from stack.errors import NoAlertsError
from stack.parts import prometheus_address
from stack.plan import Plan
from stack.prometheus.alerting import STATES, Alert, Findings, read
from stack.request import Request

QUIET, FIRING = 0, 1

_ANSWERS_WITHIN_SECONDS = 10.0


def alerts(request: Request, as_json: bool = False, elsewhere: Plan | None = None) -> int:
    """Print them and return the exit code; `elsewhere` is what runs, where this stack's
    supervisor does not run it.

    Raises: NoAlertsError.
    """
    try:
        url, found = _asked(request, elsewhere)
    except NoAlertsError:
        if as_json:
            say(json.dumps({"running": False, "alerts": []}))
        raise
    if as_json:
        say(json.dumps(as_document(url, found), indent=2))
        return exit_code(found)
    for line in lines(url, found, datetime.now(UTC)):
        say(line)
    for name, reason in found.failed.items():
        complain(printable(f"{name} cannot be judged: {reason}"))
    return exit_code(found)


def exit_code(found: Findings) -> int:
    """0 where nothing fires, 1 where something does or nobody can tell, be it not yet."""
    fires = any(alert.state == "firing" for alert in found.alerts)
    return FIRING if fires or found.failed or found.unjudged else QUIET


def _asked(request: Request, elsewhere: Plan | None) -> tuple[str, Findings]:
    here = Plan.load(request.places.run) if supervised.connect(request.socket) else None
    running = elsewhere or here
    part = running.part("prometheus") if running else None
    # where none is ours, one of the operator's own may have the same rules
    url = (part.addresses[0] if part else prometheus_address(request.settings)).url
    reply = probes.get(f"{url}/api/v1/rules", _ANSWERS_WITHIN_SECONDS)
    if reply is None:
        raise NoAlertsError(_silent(url, running is not None, part is not None))
    if reply.status == 503:
        raise NoAlertsError(f"Prometheus at {url} is not ready yet: it answers 503")
    found = read(reply.body)
    if found is None:
        raise NoAlertsError(f"what answers at {url} is no Prometheus: status {reply.status}")
    if not found.known:
        raise NoAlertsError(f"Prometheus at {url} has no alerts: prometheus/README.md has them")
    return url, found


def _silent(url: str, is_running: bool, has_part: bool) -> str:
    if not is_running:
        return "not running: make start"
    if not has_part:
        return f"this stack runs without Prometheus, and none answers at {url}"
    return f"Prometheus at {url} does not answer: make logs SERVICE=prometheus"


def lines(url: str, found: Findings, now: datetime) -> Iterator[str]:
    """What the operator reads: a table of all, then a paragraph for each name."""
    counts = [(sum(alert.state == state for alert in found.alerts), state) for state in STATES]
    title = ", ".join(f"{count} {state}" for count, state in counts if count)
    yield f"{title or 'no alert is firing'} ({found.known} alerts, Prometheus at {url})"
    if found.unjudged:
        yield f"  {found.unjudged} of them were not judged yet: Prometheus has just begun"
    if not found.alerts:
        return
    head = ("ALERT", "STATE", "SEVERITY", "SINCE", "FOR", "OF")
    yield from columns([head, *(_row(alert, now) for alert in found.alerts)])
    for name in dict.fromkeys(alert.name for alert in found.alerts):
        yield ""
        yield from _paragraph([alert for alert in found.alerts if alert.name == name])


def _row(alert: Alert, now: datetime) -> tuple[str, ...]:
    since = alert.since.astimezone().isoformat(" ", "seconds")[:19]
    lasted = duration((now - alert.since).total_seconds())
    cells = (alert.name, alert.state, alert.severity, since, lasted, shown(alert.labels))
    return tuple(map(printable, cells))


def _paragraph(of_one_name: Sequence[Alert]) -> Iterator[str]:
    yield printable(f"  {of_one_name[0].name}")
    for alert in of_one_name:
        # an operator's own alert may say neither
        words = " ".join(filter(None, (alert.summary and f"{alert.summary}.", alert.description)))
        if words:
            yield printable(f"    {words}")
    if all(alert.state == "pending" for alert in of_one_name):
        yield f"    It fires once this has lasted for {duration(of_one_name[0].delay_seconds)}."
    if of_one_name[0].runbook_url:
        yield printable(f"    What to do: {of_one_name[0].runbook_url}")


def shown(labels: Mapping[str, str]) -> str:
    """Labels as PromQL writes them."""
    return " ".join(f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in labels.items())


def printable(text: str) -> str:
    """Text for a terminal: in a model's name may be what moves its cursor, or turns lines round."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def as_document(url: str, found: Findings) -> dict[str, Any]:
    """The same facts for programs."""
    listed = [asdict(alert) | {"since": alert.since.isoformat()} for alert in found.alerts]
    return {
        "running": True,
        "prometheus": url,
        "known": found.known,
        "unjudged": found.unjudged,
        "failed": dict(found.failed),
        "alerts": listed,
    }
