"""Whoever stands for an upstream's connection, or asks for one, can all that is asked of it."""

import inspect

import pytest

from proxy.cache.flights import Flight
from proxy.cache.replay import Replay
from proxy.cache.seats import Seat
from proxy.cache.way import CachedWay
from proxy.connections import Asker, Connection, Pool
from proxy.exchange import Exchange
from proxy.pool import UpstreamPool
from proxy.queue.way import QueuedTrip
from proxy.upstream import UpstreamConnection


def said(kind: type) -> dict[str, list[str]]:
    """The public methods of a class, and what each is given."""
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {
        name: [given.lstrip("_") for given in inspect.signature(method).parameters]
        for name, method in methods
        if not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("protocol", "kind"),
    [
        *((Connection, kind) for kind in (UpstreamConnection, Replay, Seat)),
        *((Asker, kind) for kind in (Exchange, Flight)),
        *((Pool, kind) for kind in (UpstreamPool, CachedWay, QueuedTrip)),
    ],
)
def test_it_is_asked_and_told_in_the_same_words(protocol: type, kind: type) -> None:
    assert said(protocol).items() <= said(kind).items()
