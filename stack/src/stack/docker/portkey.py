"""`health-portkey` in containers: whether the gateway answers, carries a request, and streams."""

import json
from collections.abc import Iterator
from pathlib import Path

from ollama_observe.wire.portkey import WAY_THROUGH, headers_to
from stack import probes
from stack.console import say
from stack.docker.compose import Project, project_of
from stack.docker.containers import plan_of
from stack.docker.preparing import ours
from stack.plan import Plan
from stack.portkey import streaming
from stack.portkey.health import (
    ANSWERS_WITHIN_SECONDS,
    NOT_RUNNING,
    Finding,
    carried,
    greeted,
    shown,
    through_proxy,
)
from stack.portkey.streaming import Streamed
from stack.request import Request

_INSIDE = "portkey", 8787
_ASK = """
import socket
found = stream({host!r}, {port}, listened="0.0.0.0", called=socket.gethostname())
print(json.dumps([found.is_ok, found.detail, found.is_broken]))
"""


def health(request: Request) -> int:
    """Print the findings; exit code 0 all is well, 1 not, 3 no gateway runs."""
    plan = plan_of(ours(request))
    gateway = plan.part("portkey")
    if gateway is None:
        say("not running: make start-portkey")
        return NOT_RUNNING
    url = gateway.addresses[0].url
    return shown(url, list(_findings(project_of(request), plan, url)))


def _findings(project: Project, plan: Plan, url: str) -> Iterator[Finding]:
    greeting = greeted(probes.get(f"{url}/"))
    yield greeting
    if not greeting.is_ok:
        return
    proxy = plan.part("proxy")
    api = (proxy and _told(project, "PROXY_OLLAMA_URL")) or plan.api_url
    if api:
        asked = f"{url}{WAY_THROUGH}/api/version"
        yield carried(probes.get(asked, ANSWERS_WITHIN_SECONDS, headers_to(api)), api)
    if proxy is None:
        return
    streamed = _streamed(project)
    yield Finding("streams", streamed.is_ok, streamed.detail)
    if _told(project, "PROXY_ENABLE_PORTKEY") != "false":
        yield through_proxy(proxy.addresses[0].url)


def _told(project: Project, variable: str) -> str:
    """What a proxy's container was given; nothing where none tells."""
    return (project.asked("exec", "-T", "proxy", "printenv", variable) or "").strip()


def _streamed(project: Project) -> Streamed:
    """The gateway does not reach this machine's loopback: a proxy's container asks for us."""
    source = Path(streaming.__file__).read_text(encoding="utf-8")
    script = source + _ASK.format(host=_INSIDE[0], port=_INSIDE[1])
    said = project.asked("exec", "-T", "proxy", "python", "-c", script)
    if said is None:
        return Streamed(False, "the proxy's container could not ask: make logs SERVICE=proxy")
    return Streamed(*json.loads(said.strip().splitlines()[-1]))
