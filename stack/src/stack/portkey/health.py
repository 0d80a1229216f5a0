"""`health-portkey`: whether the gateway answers, carries a request, and streams."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback, without_credentials
from ollama_observe.wire.portkey import WAY_THROUGH, headers_to
from stack import probes, supervised
from stack.console import columns, say
from stack.parts import Address, portkey_address
from stack.plan import Plan
from stack.portkey.installation import folder_of
from stack.portkey.package import Expected, expected, found, unlike
from stack.portkey.streaming import BROKEN, Streamed, stream
from stack.probes import Reply
from stack.request import Request
from stack.settings import DEFAULT_OLLAMA_URL
from stack.waiting import wait_until

HEALTHY, UNHEALTHY, NOT_RUNNING = 0, 1, 3

_CAUSE = re.compile(r"Cause: (?:Error: )?(.*?)(?: Name: \w+)?$", re.MULTILINE)
ANSWERS_WITHIN_SECONDS = 10.0
_PROXY_SEES_IT_WITHIN_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One question and what came of it."""

    what: str
    is_ok: bool
    detail: str


def health(request: Request, elsewhere: Plan | None = None) -> int:
    """Print the findings; exit code 0 all is well, 1 not, 3 no gateway answers.

    `elsewhere` is what runs, where this stack's supervisor does not run it.
    """
    here = Plan.load(request.places.run) if supervised.connect(request.socket) else None
    plan = elsewhere or here or Plan()
    part = plan.part("portkey")
    gateway = _gateway(request, plan)
    reply = probes.get(f"{gateway.url}/")
    if reply is None and part is None:
        is_ours = is_loopback(gateway.host)
        say("not running: make start-portkey" if is_ours else f"nothing answers at {gateway.url}")
        return NOT_RUNNING
    return shown(gateway.url, list(_findings(request, plan, gateway, reply)))


def shown(url: str, findings: Sequence[Finding]) -> int:
    """Print them; exit code 0 where all is well, else 1."""
    say(f"Portkey at {url}")
    rows = [(row.what, "yes" if row.is_ok else "no", row.detail) for row in findings]
    for line in columns(rows):
        say(line)
    return HEALTHY if all(row.is_ok for row in findings) else UNHEALTHY


def _gateway(request: Request, plan: Plan) -> Address:
    """The one that runs here, that the proxy uses, or that the settings name."""
    part, address = plan.part("portkey"), portkey_address(request.settings)
    if part is not None:
        return part.addresses[0]
    used = urlsplit(plan.gateway or address.url)
    return replace(address, host=used.hostname or address.host, port=used.port or address.port)


def _findings(
    request: Request, plan: Plan, gateway: Address, reply: Reply | None
) -> Iterator[Finding]:
    greeting = greeted(reply)
    yield greeting
    if not greeting.is_ok:
        return
    # what the proxy stands in front of, whatever the settings of now say
    api = plan.api_url or without_credentials(request.settings.ollama_url or DEFAULT_OLLAMA_URL)
    headers = headers_to(api)
    asked = f"{gateway.url}{WAY_THROUGH}/api/version"
    yield carried(probes.get(asked, ANSWERS_WITHIN_SECONDS, headers), api)
    if is_loopback(gateway.host):
        yield _streams(request, gateway, folder_of(plan.part("portkey"), gateway.port))
    proxy = plan.part("proxy")
    if proxy is not None and plan.gateway is not None:
        yield through_proxy(proxy.addresses[0].url)


def greeted(reply: Reply | None) -> Finding:
    """Whether what answers is the gateway."""
    if reply is None:
        return Finding("answers", False, "it runs and gives no answer: make logs SERVICE=portkey")
    if reply.status != 200 or reply.body.strip() != probes.GATEWAY_GREETING:
        return Finding("answers", False, f"something else does, with status {reply.status}")
    return Finding("answers", True, probes.GATEWAY_GREETING.decode())


def carried(reply: Reply | None, api: str) -> Finding:
    """Whether a request for the version of the Ollama at `api` came there and back."""
    what = "carries a request"
    if reply is None:
        return Finding(what, False, f"no answer from {api} within {ANSWERS_WITHIN_SECONDS:g} s")
    text = reply.body.decode(errors="replace")
    if cause := _CAUSE.search(text):
        return Finding(what, False, f"the gateway cannot reach {api}: {cause[1]}")
    if "Invalid custom host" in text:
        detail = f"the gateway refuses the address {api} (Invalid custom host)"
        return Finding(what, False, f"{detail}: where OLLAMA_URL is new, make restart")
    if BROKEN in text:
        return Finding(
            what, False, f"its own code fails, with {reply.status}: the next line says why"
        )
    if "x-portkey-provider" not in reply.headers:
        return Finding(what, False, f"the gateway answered {reply.status}: {text[:200]}")
    return Finding(what, True, f"to {api}, which answered {reply.status}")


def streams(
    streamed: Streamed, wanted: Expected, versions: Mapping[str, str], remedy: str
) -> Finding:
    """Whether answers stream, with the versions that decide it; `remedy` is for wrong ones."""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    wrong = unlike(wanted, versions) if versions else ""
    if streamed.is_broken and wrong:
        return Finding("streams", False, f"every streamed answer fails: {wrong}; {remedy}")
    if streamed.is_broken:
        held = ", ".join(f"{name} {version}" for name, version in wanted.held.items())
        detail = f"every streamed answer fails, as it does without {held}"
        return Finding("streams", False, f"{detail}; found {named or 'no versions'}")
    return Finding("streams", streamed.is_ok, f"{streamed.detail}; {named or 'versions unknown'}")


def _streams(request: Request, gateway: Address, folder: Path | None) -> Finding:
    wanted = expected(request.places.repository)
    versions = found(folder, wanted.versions) if folder else {}
    remedy = f"run npm install with portkey/package.json in {folder}"
    if folder == request.places.portkey:
        remedy = (
            "`make stop-portkey start-portkey` installs them again (a service: install-service)"
        )
    streamed = stream(gateway.host, gateway.port)
    return streams(streamed, wanted, versions, remedy)


def _wants_key(reply: Reply) -> bool:
    return reply.status == HTTPStatus.UNAUTHORIZED


def through_proxy(url: str) -> Finding:
    """Ask until the proxy has seen that the gateway is there: it looks every two seconds."""
    replies: list[Reply] = []

    def is_through() -> bool:
        reply = probes.get(f"{url}/api/version", ANSWERS_WITHIN_SECONDS, {"X-Route": "portkey"})
        replies.extend([reply] if reply else [])
        return reply is not None and ("x-portkey-provider" in reply.headers or _wants_key(reply))

    if wait_until(is_through, _PROXY_SEES_IT_WITHIN_SECONDS, 0.5):
        if _wants_key(replies[-1]):
            return Finding("proxy", True, f"{url} asks for an API key, so it was not looked at")
        return Finding("proxy", True, f"a request to {url} went through the gateway")
    if not replies:
        return Finding("proxy", False, f"{url} gives no answer: make logs SERVICE=proxy")
    return Finding("proxy", False, f"a request to {url} went direct, answered {replies[-1].status}")
