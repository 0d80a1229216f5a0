"""How requests come to the queue, and to which."""

import pytest

from proxy.access.entries import Entry
from proxy.access.grants import Grant, Party
from proxy.admission import Refusal
from proxy.heads import RequestHead, read_request
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.queue.making import Queueing, create_queueing, rules_of
from proxy.queue.priorities import Priority
from proxy.queue.way import QueuedTrip
from proxy.recorder import Recorder
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.ways import Trip
from tests.ledgers import ReadLedger, nothing_loaded
from tests.queues import Caller, Road


class Door:
    """A door with a queue behind it."""

    def __init__(self, is_elsewhere: bool = False, **told: object) -> None:
        settings = ProxySettings.model_validate({"queue": True, **told})
        read = ReadLedger()
        self.observer = Observer(
            settings, read.ledger, Shared(), lambda *_: None, nothing_loaded, lambda: 0.0
        )
        made = create_queueing(settings, lambda _story: is_elsewhere)
        assert made is not None
        self.queueing: Queueing = made

    def comes(self, *lines: str, first: str = "POST /api/chat HTTP/1.1") -> "Came":
        raw = "\r\n".join([first, *lines, "Content-Length: 2"])
        head = read_request(raw.encode())
        return Came(self, head, self.observer.begin(head.method, head.target, head.headers, 0.0))


class Came:
    """Somebody at the door."""

    def __init__(self, door: Door, head: RequestHead, recorder: Recorder) -> None:
        self.door, self.head, self.recorder = door, head, recorder

    def way(self) -> Trip:
        return self.door.queueing(Road(), self.head, self.recorder)

    def asks(self) -> tuple[Caller, Recorder]:
        caller = Caller()
        self.way().pool.ask(caller)
        return caller, self.recorder


def test_without_a_queue_there_is_none() -> None:
    assert create_queueing(ProxySettings(), lambda _story: False) is None


@pytest.mark.parametrize(
    ("first", "queues"),
    [
        ("POST /api/chat HTTP/1.1", True),
        ("POST /api/generate HTTP/1.1", True),
        ("POST /v1/embeddings HTTP/1.1", True),
        ("POST /v1/messages HTTP/1.1", True),
        ("POST /api/pull HTTP/1.1", False),
        ("POST /api/show HTTP/1.1", False),
        ("GET /api/tags HTTP/1.1", False),
        ("OPTIONS /api/chat HTTP/1.1", False),
        ("DELETE /api/delete HTTP/1.1", False),
        ("POST /nowhere HTTP/1.1", False),
    ],
)
def test_only_what_has_a_model_work_waits(first: str, queues: bool) -> None:
    assert isinstance(Door().comes(first=first).way(), QueuedTrip) is queues


def test_what_says_the_class_goes_no_further_also_where_nothing_waits() -> None:
    came = Door().comes("X-Priority: soon", "X: 1", first="GET /api/tags HTTP/1.1")
    came.way()
    assert came.head.passing == [b"X: 1", b"Content-Length: 2"]


async def test_a_request_is_of_the_class_that_it_says() -> None:
    _, recorder = Door().comes("X-Priority: high").asks()
    assert recorder.story.standing is not None
    assert recorder.story.standing.priority is Priority.HIGH


async def test_one_that_says_none_is_of_the_usual_class() -> None:
    _, recorder = Door(queue_default_priority="low").comes().asks()
    assert recorder.story.standing is not None
    assert recorder.story.standing.priority is Priority.LOW


async def test_a_key_gives_a_class_and_a_name() -> None:
    door = Door(queue_per_model=1)
    for alias in ("ann", "bob"):
        came = door.comes("X-Priority: high", "Authorization: Bearer one")
        came.recorder.story.grant = Grant((Party(alias, Entry(alias), 0),))
        came.recorder.story.priority = "low"
        _, recorder = came.asks()
        assert recorder.story.standing is not None
        assert recorder.story.standing.priority is Priority.LOW
    (waiting,) = door.queueing.gate.line
    assert waiting.client == "alias bob"


def test_a_class_that_there_is_not_is_refused_with_what_was_expected() -> None:
    with pytest.raises(Refusal, match="X-Priority: expected high, normal or low") as caught:
        Door().comes("X-Priority: soon").way()
    assert caught.value.ending is Ending.UNSENDABLE


def test_the_upstream_is_not_asked_for_a_go_ahead_that_was_given_here() -> None:
    came = Door().comes("Expect: 100-continue", "X: 1")
    came.way()
    assert came.head.passing == [b"X: 1", b"Content-Length: 2"]


async def test_what_computes_elsewhere_passes_by() -> None:
    door = Door(is_elsewhere=True, queue_per_model=1)
    callers = [door.comes().asks()[0] for _ in range(3)]
    assert all(caller.is_connected for caller in callers)


def test_the_slots_of_a_model_are_ollamas_unless_told_otherwise() -> None:
    assert rules_of(ProxySettings.model_validate({"ollama_num_parallel": 4})).per_model == 4
    told = {"ollama_num_parallel": 4, "queue_per_model": 2}
    assert rules_of(ProxySettings.model_validate(told)).per_model == 2
