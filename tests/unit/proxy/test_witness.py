"""Who takes note of a request is told by both listeners in the same words, and never raises."""

import inspect
from collections.abc import Callable

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.ledger import Ledger
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.portkey.return_leg import Leg
from proxy.recorder import Recorder
from proxy.routing import Bypass
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.witness import Unmoved, Witness
from tests.ledgers import nothing_loaded


def recorder() -> Witness:
    observer = Observer(
        ProxySettings(), Ledger(catalogue.PROXY), Shared(), lambda *_: None, nothing_loaded
    )
    return observer.begin(b"POST", b"/api/chat", {}, 0.0)


def leg() -> Witness:
    return Leg(Ledger(catalogue.PROXY), "ollama", b"/api/chat", None, 0.0)


TOLD = {name: value for name, value in vars(Witness).items() if inspect.isfunction(value)}
ASKED = [name for name, value in vars(Witness).items() if isinstance(value, property)]
BOTH = pytest.mark.parametrize("begin", [recorder, leg])


@pytest.mark.parametrize("kind", [Recorder, Leg, Unmoved])
def test_every_witness_is_told_in_the_same_words(kind: type) -> None:
    words = {name: list(inspect.signature(method).parameters) for name, method in TOLD.items()}
    names = [name for name in words if not name.startswith("_")]
    assert len(names) > 10
    for name in names:
        assert list(inspect.signature(getattr(kind, name)).parameters) == words[name], name


@BOTH
def test_every_witness_can_say_what_it_is_asked(begin: Callable[[], Witness]) -> None:
    told = begin()
    assert set(ASKED) == {"request_id", "endpoint", "facts"}
    assert isinstance(told.request_id, str)
    assert told.endpoint.template == "/api/chat"
    assert told.facts.model is None


@BOTH
async def test_no_witness_raises_whatever_comes_and_in_whatever_order(
    begin: Callable[[], Witness],
) -> None:
    told = begin()
    for _ in range(2):
        told.pieces_received(1.0, [b"before the head"], 0.5)
        told.head_received(1.0, 599, {})
        told.pieces_received(2.0, [], 2.0)
        told.request_sent(1.0)
        told.connected(2.0, 1.0)
        told.body_piece(b"\xff")
        told.request_read(3.0)
        told.usage_asked()
        told.rerouted(Bypass.BODY)
        told.client_keeps_up(1.0, True)
        told.client_keeps_up(1.0, False)
        told.withheld(1 << 60)
        told.answered(0)
    told.ended(0.0, Ending.COMPLETE)
