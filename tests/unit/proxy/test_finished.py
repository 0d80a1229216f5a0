"""What ended a moment ago is told, for a moment."""

from typing import Any

import msgspec
import pytest

import dashboard.messages
from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.locations import Location
from proxy.cache.entries import Entry
from proxy.cache.results import Result
from proxy.finished import KEPT_SECONDS, MOST, Finished, FinishedRequests, Table, latest
from proxy.outcomes import Ending
from proxy.story import Story

NO_PAGE: Any = None


class World:
    """Requests that end, and a clock."""

    def __init__(self) -> None:
        self.now = 10.0
        self.requests = FinishedRequests(lambda: self.now)

    def end(
        self,
        number: int = 1,
        path: str = "/api/chat",
        ending: Ending = Ending.COMPLETE,
        status: int | None = 200,
        cached: Result | None = None,
        entry: Entry | None = None,
    ) -> None:
        story = Story(f"id-{number}", "", "", "POST", endpoint_of(path), True, "m:latest", 8.0)
        story.upstream_status = status
        story.cached, story.entry = cached, entry
        story.end(self.now, ending)
        self.requests.add(NO_PAGE, story)

    @property
    def told(self) -> list[str]:
        return [one.request_id for one in self.requests.entries()]


def test_a_request_that_ended_is_told_with_its_outcome_and_its_age() -> None:
    world = World()
    world.end()
    world.now = 11.5
    assert world.requests.entries() == [
        Finished("id-1", "/api/chat", "m:latest", "direct", "ok", 200, 2.0, 0, 1.5)
    ]


def test_a_client_that_left_and_a_route_without_tokens_are_told_as_such() -> None:
    world = World()
    world.end(1, ending=Ending.CLIENT_GONE)
    world.end(2, path="/api/tags", status=502)
    listing, left = world.requests.entries()
    assert (left.outcome, left.status, left.tokens) == ("client_gone", 499, 0)
    assert (listing.outcome, listing.status, listing.tokens) == ("upstream_5xx", 502, None)


@pytest.mark.parametrize(
    ("result", "ending", "tokens"),
    [
        (Result.HIT, Ending.COMPLETE, 7),
        (Result.HIT, Ending.CLIENT_GONE, None),
        (Result.SHARED, Ending.COMPLETE, None),
        (Result.MISS, Ending.COMPLETE, 0),
    ],
)
def test_the_tokens_of_a_recorded_answer_are_told_where_it_was_given_whole(
    result: Result, ending: Ending, tokens: int | None
) -> None:
    world = World()
    recorded = Entry("m:latest", "/api/chat", b"", [], b"", b"", 0.0, 1.0, 5, 7)
    world.end(ending=ending, cached=result, entry=recorded if result is Result.HIT else None)
    (told,) = world.requests.entries()
    assert told.tokens == tokens


def test_after_a_moment_a_request_is_forgotten() -> None:
    world = World()
    world.end(1)
    world.now += KEPT_SECONDS / 2
    world.end(2)
    assert world.told == ["id-2", "id-1"]
    world.now += KEPT_SECONDS / 2 + 0.1
    assert world.told == ["id-2"]
    world.now += KEPT_SECONDS
    assert world.told == []
    world.now = 10.0
    assert world.told == []


def test_of_very_many_the_latest_are_told() -> None:
    world = World()
    for number in range(MOST + 10):
        world.end(number)
    assert len(world.told) == MOST
    assert world.told[0] == f"id-{MOST + 9}"


def test_those_of_all_processes_are_told_together_the_latest_first() -> None:
    def ended(name: str, ago: float) -> Finished:
        return Finished(name, "/api/chat", "m", "direct", "ok", 200, 1.0, 1, ago)

    told = latest([ended("b", 2.0), ended("c", 3.0), ended("a", 1.0)])
    assert [one.request_id for one in told] == ["a", "b", "c"]
    assert len(latest([ended("a", 1.0)] * (MOST + 1))) == MOST


def test_the_dashboard_reads_what_the_proxy_tells() -> None:
    world = World()
    world.end()
    told = msgspec.json.encode(world.requests.entries())
    (read,) = msgspec.json.decode(told, type=list[dashboard.messages.Finished])
    assert msgspec.to_builtins(read) == msgspec.json.decode(told)[0]


def test_an_answer_that_was_made_elsewhere_is_told_as_such_and_one_of_here_says_nothing() -> None:
    world = World()
    for number, is_cloud in enumerate((False, True)):
        story = Story(f"id-{number}", "", "", "POST", endpoint_of("/api/chat"), True, "m", 8.0)
        story.is_cloud = is_cloud
        story.end(world.now, Ending.COMPLETE)
        world.requests.add(NO_PAGE, story)
    cloud, here = msgspec.json.decode(msgspec.json.encode(world.requests.entries()))
    assert (cloud["location"], "location" in here) == ("cloud", False)


def test_where_models_compute_passes_between_processes_as_json() -> None:
    table = Table([], [], {"big:cloud": Location.CLOUD, "m:latest": Location.LOCAL})
    assert msgspec.json.decode(msgspec.json.encode(table), type=Table) == table
    assert Table([], []).locations == {}
