"""A part that is started again, or dies, while clients ask, and what they lost by it."""

import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from stack.waiting import wait_until
from tests.compose.asking import Answer, ask, crowd
from tests.compose.images import docker
from tests.compose.projects import WITHIN_SECONDS, Project

CLIENTS = 4


@dataclass(frozen=True)
class Restart:
    """What became of all that was asked. Units: seconds of the monotonic clock."""

    begin: float
    end: float
    answers: list[Answer]

    def lost(self) -> list[Answer]:
        """What was not answered."""
        return [answer for answer in self.answers if answer.outcome != "ok"]

    def in_flight(self) -> Counter[str]:
        """What became of requests that were under way when it was told to stop."""
        return Counter(one.outcome for one in self.answers if one.began < self.begin < one.ended)

    def later(self) -> Counter[str]:
        """What became of those that came after."""
        return Counter(one.outcome for one in self.answers if one.began >= self.begin)

    def closed_seconds(self) -> float:
        """How long it took until nobody was refused any more."""
        ends = (one.ended for one in self.lost() if one.began >= self.begin)
        return max(ends, default=self.begin) - self.begin


def restarted_under_traffic(
    project: Project, service: str, model: str, proxies: int = 1
) -> Restart:
    """Start a service again while clients ask, and ask on until all is well."""

    def restart() -> None:
        project.run("restart", service)
        scale = ("--scale", f"proxy={proxies}") if service == "proxy" else ()
        project.up("--no-recreate", "--no-deps", *scale, service)

    return _under_traffic(project, model, restart)


def crashed_under_traffic(project: Project, service: str, model: str) -> Restart:
    """Kill what runs in one container of a service, which Docker then is to start again."""
    container = str(project.inspect(service)[0]["Id"])
    before = begun_at(container)

    def crash() -> None:
        kill(container)
        assert wait_until(lambda: is_back(container, before), WITHIN_SECONDS), docker(
            "logs", "--tail", "20", container
        )

    return _under_traffic(project, model, crash)


def kill(container: str) -> None:
    """End all that runs there, as a crash would. `docker kill` would tell Docker that it is meant.

    Process 1 is the engine's own, ends with its child, and cannot be killed from within.
    """
    command = ["docker", "exec", container, "sh", "-c", "kill -KILL -1"]
    subprocess.run(command, capture_output=True, check=False)


def begun_at(container: str) -> str:
    """When it was started last."""
    return docker("inspect", "--format", "{{.State.StartedAt}}", container)


def is_back(container: str, before: str) -> bool:
    """Whether it was started again, by Docker itself, and is ready."""
    seen = "{{.State.Running}} {{.State.Health.Status}} {{gt .RestartCount 0}}"
    if begun_at(container) == before:
        return False  # its health is still that of before
    return docker("inspect", "--format", seen, container).split() == ["true", "healthy", "true"]


def _under_traffic(project: Project, model: str, disturb: Callable[[], None]) -> Restart:
    with crowd(project.url("proxy"), model, CLIENTS) as asking:
        # each has asked before it is stopped
        ask(project.url("proxy"), model)
        begin = time.monotonic()
        disturb()
        end = time.monotonic()
        for _ in range(3):
            assert ask(project.url("proxy"), model).outcome == "ok"
    done = Restart(begin, end, asking.answers)
    assert [one for one in done.lost() if not one.touches(begin, end)] == []
    return done
