"""`traffic-start`, `-stop`, `-rate`, `-status`: the traffic worker that runs, told over HTTP.

`elsewhere` is what runs, where this stack's supervisor does not run it.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from stack import probes, supervised
from stack.console import say
from stack.errors import NoWorkerError, SettingsError, StackError
from stack.plan import Plan
from stack.probes import Reply
from stack.request import Request
from stack.traffic.part import NAME, traffic_address
from stack.traffic.standing import Standing, lines, read

WELL, NOT_WELL = 0, 1

_ANSWERS_WITHIN_SECONDS = 60.0
"""A start looks whether the questions can be asked, and waits for that."""

_VERBS = {"POST /stop": "make traffic-stop", "POST /start": "make traffic-start"}
"""What to type in place of what the worker names."""


def start(request: Request, flags: Sequence[str], elsewhere: Plan | None = None) -> int:
    """Have it ask; `flags` are the generator's own. Raises: StackError."""
    given = settings_in(flags)
    url, _ = _found(request, elsewhere)
    return _shown(url, _told(url, "POST", "/start", given))


def stop(request: Request, elsewhere: Plan | None = None) -> int:
    """Have it ask nothing more; that there was nothing to stop is no error. Raises: StackError."""
    url, _ = _found(request, elsewhere)
    drain = request.settings.traffic_worker_drain_seconds
    reply = probes.send("POST", f"{url}/stop", {}, _ANSWERS_WITHIN_SECONDS + drain)
    if reply is not None and reply.status == HTTPStatus.CONFLICT:
        return _shown(url, _found(request, elsewhere)[1])
    return _shown(url, _understood(url, reply))


def change_rate(request: Request, rate: str | None, elsewhere: Plan | None = None) -> int:
    """Have it go on at another rate. Raises: StackError."""
    if not rate:
        raise SettingsError("how many questions a second? make traffic-rate RATE=0.5")
    url, _ = _found(request, elsewhere)
    return _shown(url, _told(url, "PATCH", "/rate", {"rate_per_second": rate}))


def status(request: Request, as_json: bool = False, elsewhere: Plan | None = None) -> int:
    """Say what it does; exit code 1 where something keeps it from asking. Raises: StackError."""
    try:
        url, standing = _found(request, elsewhere)
    except NoWorkerError:
        if as_json:
            say(json.dumps({"running": False}))
        raise
    if as_json:
        document = {"running": True, "url": url, **standing.model_dump(mode="json")}
        say(json.dumps(document, indent=2))
    else:
        _shown(url, standing)
    return WELL if standing.is_well else NOT_WELL


def settings_in(flags: Sequence[str]) -> dict[str, str]:
    """The settings that `--name value` and `--name=value` mean. Raises: SettingsError."""
    found, words = {}, list(flags)
    while words:
        name, is_whole, value = words.pop(0).partition("=")
        if not name.startswith("--") or not (is_whole or words):
            raise SettingsError(
                f"expected the traffic generator's flags with values, as in --mix rag, found {name}"
            )
        found[name.removeprefix("--").replace("-", "_")] = value if is_whole else words.pop(0)
    return found


def asked(url: str) -> Standing | None:
    """How the worker at an address stands; None where none answers."""
    reply = probes.get(f"{url}/status")
    return None if reply is None or reply.status != HTTPStatus.OK else read(reply.body)


def _found(request: Request, elsewhere: Plan | None) -> tuple[str, Standing]:
    """Where the worker is, and how it stands. Raises: NoWorkerError.

    Where this stack does not run, one that something else started is looked for.
    """
    here = Plan.load(request.places.run) if supervised.connect(request.socket) else None
    running = elsewhere or here
    part = running.part(NAME) if running else None
    if running is not None and part is None:
        raise NoWorkerError("this stack has no traffic worker: make restart TRAFFIC=on")
    url = (part.addresses[0] if part else traffic_address(request.settings)).url
    standing = asked(url)
    if standing is not None:
        return url, standing
    if part is None:
        raise NoWorkerError("no traffic worker is running: make start TRAFFIC=on")
    raise NoWorkerError(f"the traffic worker at {url} does not answer: make logs SERVICE=traffic")


def _told(url: str, method: str, path: str, document: Mapping[str, Any]) -> Standing:
    reply = probes.send(method, f"{url}{path}", document, _ANSWERS_WITHIN_SECONDS)
    return _understood(url, reply)


def _understood(url: str, reply: Reply | None) -> Standing:
    if reply is None:
        raise StackError(f"the traffic worker at {url} did not answer: make traffic-status")
    standing = read(reply.body) if reply.status == HTTPStatus.OK else None
    if standing is not None:
        return standing
    sentence = _refusal(reply)
    for theirs, ours in _VERBS.items():
        sentence = sentence.replace(theirs, ours)
    if reply.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise SettingsError(sentence)
    raise StackError(sentence)


def _refusal(reply: Reply) -> str:
    try:
        said = json.loads(reply.body)["error"]
    except (ValueError, LookupError, TypeError):
        return f"expected a word of the traffic worker, found status {reply.status}"
    return str(said)


def _shown(url: str, standing: Standing) -> int:
    for line in lines(url, standing):
        say(line)
    return 0
