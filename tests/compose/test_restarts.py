"""Three proxies before a stand-in for Ollama: sums are right, and a restart costs what it must.

Each part is started again under traffic, and what was lost is counted.
"""

from collections.abc import Iterator

import pytest

from proxy.failures import CLOSED_EARLY
from tests.compose.asking import ask, crowd
from tests.compose.projects import Project, own_project, running
from tests.compose.restarting import CLIENTS, crashed_under_traffic, restarted_under_traffic

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

FAST, SLOW = "smollm2:135m", "slow"
PROXIES = 3
TRIES = 3
"""A proxy that dies may have had nothing in it."""
NOT_LET_IN = (
    "ConnectionRefusedError",
    "ConnectionResetError",
    "BrokenPipeError",
    "RemoteDisconnected",
)
"""What the engine does with who knocks at the port of a container that is gone: it takes the
connection itself, before it finds nobody behind it."""
BROKEN = ("RemoteDisconnected", "IncompleteRead", "ConnectionResetError", "broken off")
"""What becomes of an answer whose sender dies."""
SLOW_SECONDS = 3.0
BACK_SECONDS = 10.0
"""More than a container takes to be there again."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running(own_project(tmp_path_factory.mktemp("restarts"))) as project:
        project.up("--scale", f"proxy={PROXIES}")
        yield project


def test_prometheus_finds_all_replicas_and_their_sum_is_right(project: Project) -> None:
    project.wait_for('count(up{job="proxy"} == 1)', PROXIES)
    with crowd(project.url("proxy"), SLOW, 6) as asking:
        project.wait_for("sum(ollama_proxy_active_requests)", 6)
        project.wait_for("count(ollama_proxy_active_requests > 0)", PROXIES)
    assert asking.lost() == []
    project.wait_for("sum(ollama_proxy_requests_total)", len(asking.answers))
    generated = sum(answer.generated_tokens for answer in asking.answers)
    project.wait_for("sum(ollama_proxy_generated_tokens_total)", generated)
    project.wait_for("sum(ollama_proxy_active_requests)", 0)


@pytest.mark.parametrize("service", ["prometheus", "dashboard", "gpu-exporter"])
def test_what_only_watches_costs_nothing(project: Project, service: str) -> None:
    restart = restarted_under_traffic(project, service, FAST, PROXIES)
    assert restart.lost() == []
    assert restart.later()["ok"] > CLIENTS


@pytest.mark.parametrize("model", [FAST, SLOW])
def test_proxies_that_are_started_again_end_what_they_have_in_flight(
    project: Project, model: str
) -> None:
    restart = restarted_under_traffic(project, "proxy", model, PROXIES)
    assert restart.lost() == []


def test_ollama_costs_what_was_in_it_and_who_asks_meanwhile_is_told(project: Project) -> None:
    restart = restarted_under_traffic(project, "ollama", SLOW, PROXIES)
    told = [one for one in restart.lost() if one.outcome == "status 502"]
    assert {one.outcome for one in restart.lost()} - {"status 502"} <= set(BROKEN)
    assert {"Ollama at http://ollama:11434" in one.said for one in told} == {True}
    # not by when they began: one that is answered while Docker only gets ready is asked again
    turned_away = [one for one in told if CLOSED_EARLY not in one.said]
    assert 1 <= len(restart.lost()) - len(turned_away) <= CLIENTS
    assert turned_away
    assert restart.later()["ok"] > 0


def test_the_front_ends_what_is_in_flight_and_nobody_gets_in_meanwhile(project: Project) -> None:
    aborts = "sum(ollama_proxy_client_aborts_total)"
    before = project.prometheus.query(aborts)
    restart = restarted_under_traffic(project, "front", SLOW, PROXIES)
    assert set(restart.in_flight()) == {"ok"}
    assert set(restart.later()) <= {"ok", *NOT_LET_IN}
    # none of them had got to a proxy and was broken off there
    project.wait_for("sum(ollama_proxy_active_requests)", 0)
    assert project.prometheus.query(aborts) == before
    # it is closed while it ends what it has
    assert restart.closed_seconds() < SLOW_SECONDS + BACK_SECONDS


def test_a_proxy_that_dies_is_started_again_and_takes_along_what_was_in_it(
    project: Project,
) -> None:
    # each has one or two of four, where the front saw all of them end before they asked again
    crashes = (crashed_under_traffic(project, "proxy", SLOW) for _ in range(TRIES))
    lost = next((found for crash in crashes if (found := crash.lost())), [])
    assert 1 <= len(lost) < CLIENTS
    assert {one.outcome for one in lost} <= set(BROKEN)


def test_a_front_that_dies_is_started_again_and_takes_along_what_was_in_it(
    project: Project,
) -> None:
    restart = crashed_under_traffic(project, "front", SLOW)
    assert set(restart.in_flight()) <= {"ok", *BROKEN}
    assert set(restart.later()) <= {"ok", *BROKEN, *NOT_LET_IN}
    assert restart.closed_seconds() < BACK_SECONDS


def test_one_proxy_is_left_when_there_are_to_be_no_more(project: Project) -> None:
    with crowd(project.url("proxy"), FAST, CLIENTS) as asking:
        project.up("--no-recreate", "--scale", "proxy=1")
        for _ in range(3):
            assert ask(project.url("proxy"), FAST).outcome == "ok"
    assert asking.lost() == []
    project.wait_for('count(up{job="proxy"} == 1)', 1)
    project.wait_for('count(up{job="proxy"})', 1)
