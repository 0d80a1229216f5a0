"""Three proxies behind one port: who finds none waits for one, and the dashboard shows all."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compose.asking import crowd
from tests.compose.projects import Project, own_project, running
from tests.dashboards import heard, page_at

pytestmark = pytest.mark.timeout(600)

SLOW = "slow"
PROXIES = 3
CLIENTS = 6


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


async def test_the_dashboard_follows_what_is_in_flight_in_each(project: Project) -> None:
    with crowd(project.url("proxy"), SLOW, CLIENTS) as asking:
        live = await shown(project, "live", lambda told: len(told["requests"]) == CLIENTS)
    assert asking.lost() == []
    # an id begins with what is its process's own
    assert len({row["request_id"].rpartition("-")[0] for row in live["requests"]}) == PROXIES
    strip = await shown(project, "strip", lambda _: True)
    (proxy,) = (part for part in strip["parts"] if part["name"] == "proxy")
    assert (proxy["state"], proxy["reason"]) == ("ok", f"{PROXIES} of {PROXIES} take requests")


def test_who_finds_no_proxy_waits_for_one(project: Project) -> None:
    project.run("stop", "proxy")
    with crowd(project.url("proxy"), "smollm2:135m", CLIENTS) as asking:
        project.run("start", "proxy")
        project.wait_for('count(up{job="proxy"} == 1)', PROXIES)
    assert asking.lost() == []
    assert len(asking.answers) >= CLIENTS
