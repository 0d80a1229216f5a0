"""Three proxies behind one port: who finds none waits for one, and the dashboard shows all."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.compose.asking import crowd
from tests.compose.projects import Project, own_project, running
from tests.compose.verbs import told
from tests.dashboards import heard, page_at
from tests.stacks import Stack

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

SLOW = "slow"
PROXIES = 3
CLIENTS = 6
WITHIN_SECONDS = 120.0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running(own_project(tmp_path_factory.mktemp("replicas"))) as project:
        project.up("--scale", f"proxy={PROXIES}")
        yield project


async def shown(project: Project, kind: str, is_it: Any) -> dict[str, Any]:
    """The first message of a kind that is what is waited for."""
    async with asyncio.timeout(60), page_at(project.ports["dashboard"]) as socket:
        for _ in itertools.count():
            message = await heard(socket, kind)
            if is_it(message):
                return message
    raise AssertionError


def said_of_proxies(strip: dict[str, Any]) -> tuple[str, str]:
    """What a strip says of them: state and reason."""
    (proxy,) = (part for part in strip["parts"] if part["name"] == "proxy")
    return proxy["state"], proxy["reason"]


async def test_the_dashboard_follows_what_is_in_flight_in_each(project: Project) -> None:
    with crowd(project.url("proxy"), SLOW, CLIENTS) as asking:
        live = await shown(project, "live", lambda told: len(told["requests"]) == CLIENTS)
    assert asking.lost() == []
    # an id begins with what is its process's own
    assert len({row["request_id"].rpartition("-")[0] for row in live["requests"]}) == PROXIES
    # the first to come may be of before the dashboard had found them all
    all_of_them = ("ok", f"{PROXIES} of {PROXIES} take requests")
    assert await shown(project, "strip", lambda told: said_of_proxies(told) == all_of_them)


def test_top_shows_what_is_in_flight_in_each(project: Project, tmp_path: Path) -> None:
    project.wait_for('count(up{job="proxy"} == 1)', PROXIES)  # it looks for them in intervals
    stack = Stack(tmp_path, told(project) | {"RUNTIME": "auto", "STACK_STATE_DIR": str(tmp_path)})
    with crowd(project.url("proxy"), SLOW, CLIENTS) as asking:
        # on a busy machine a proxy may not be heard in time, or a client be between two questions
        until, found = time.monotonic() + WITHIN_SECONDS, dict[str, Any]()
        while len(found.get("in_flight", ())) != CLIENTS and time.monotonic() < until:
            done = stack.command("top", "--once", "--json")
            assert done.returncode == 0, done.stderr
            found = json.loads(done.stdout)
    assert asking.lost() == []
    ids = {one["request_id"].rpartition("-")[0] for one in found["in_flight"]}
    assert (len(found["in_flight"]), len(ids)) == (CLIENTS, PROXIES)
    assert (found["proxies_asked"], found["proxies_in_prometheus"]) == (PROXIES, PROXIES)
    where = [one["where"] for one in found["sources"] if one["part"] == "proxy"]
    assert len(where) == PROXIES
    assert all(name.startswith(f"container {project.name}-proxy-") for name in where)
    # behind the published port one of them answers, which is said
    done = stack.command("top", "--once", "--host", "127.0.0.1")
    assert f"Prometheus reads {PROXIES} proxies, asked here: 1." in done.stdout


def test_who_finds_no_proxy_waits_for_one(project: Project) -> None:
    project.run("stop", "proxy")
    with crowd(project.url("proxy"), "smollm2:135m", CLIENTS) as asking:
        project.run("start", "proxy")
        project.wait_for('count(up{job="proxy"} == 1)', PROXIES)
    assert asking.lost() == []
    assert len(asking.answers) >= CLIENTS
