"""A part that is started again while clients ask, and what they lost by it."""

import time
from collections import Counter
from dataclasses import dataclass

from tests.compose.asking import Answer, ask, crowd
from tests.compose.projects import Project

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


def restarted_under_traffic(
    project: Project, service: str, model: str, proxies: int = 1
) -> Restart:
    """Start a service again while clients ask, and ask on until all is well."""
    with crowd(project.url("proxy"), model, CLIENTS) as asking:
        # each has asked before it is stopped
        ask(project.url("proxy"), model)
        begin = time.monotonic()
        project.run("restart", service)
        scale = ("--scale", f"proxy={proxies}") if service == "proxy" else ()
        project.up("--no-recreate", "--no-deps", *scale, service)
        end = time.monotonic()
        for _ in range(3):
            assert ask(project.url("proxy"), model).outcome == "ok"
    done = Restart(begin, end, asking.answers)
    assert [one for one in done.lost() if not one.touches(begin, end)] == []
    return done
