"""What the proxy tells of requests in flight, and what becomes of it when it does not."""

import asyncio
import contextlib
import http.server
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from gpu_exporter.energy.inflight import LOOK_UP_SECONDS, InflightClient, worked_at
from gpu_exporter.journal import QUIET_SECONDS
from ollama_observe.service.http import Control, Readiness
from ollama_observe.service.lifecycle import Listener, listening
from ollama_observe.service.replicas import each_of
from ollama_observe.wire.locations import Location
from proxy.control import create_control
from proxy.finished import Finished, Table
from proxy.inflight import Entry
from proxy.story import Phase
from tests.clock import Clock
from tests.fakes.call import Call
from tests.ollamas import serving
from tests.ports import free_port

NOBODY = b'{"count":0,"requests":[]}'


def entry(model: str, phase: Phase, sent: float | None = 1.0, tokens: int | None = 0) -> Entry:
    request_id = uuid.uuid4().hex
    return Entry(request_id, "/api/chat", model, "direct", phase, 1.0, sent, tokens, None)


def table(*requests: Entry) -> bytes:
    return msgspec.json.encode({"count": len(requests), "requests": requests})


def models(*requests: Entry) -> Counter[str]:
    """How many requests each model works at."""
    return Counter(model for model, _ in worked_at(table(*requests)).elements())


@dataclass
class Answers:
    """What a stand-in for the proxy says, and how it was asked."""

    status: int = 200
    body: bytes = NOBODY
    paths: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    may_go: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def standing_in(answers: Answers) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answers.paths.append(self.path)
            answers.authorizations.append(self.headers.get("Authorization"))
            answers.connections.add(self.client_address)
            answers.may_go.wait()
            self.send_response(answers.status)
            self.send_header("Content-Length", str(len(answers.body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(answers.body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            answers.may_go.set()
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def asking(
    url: str,
    turn_seconds: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
    each_of: Callable[[str], Sequence[str]] = each_of,
) -> Iterator[InflightClient]:
    client = InflightClient(url, turn_seconds, clock, each_of)
    try:
        yield client
    finally:
        client.close()


def answering(status: int = 200, body: bytes = NOBODY) -> Answers:
    answers = Answers(status, body)
    answers.may_go.set()
    return answers


def test_requests_that_a_model_works_at_count_and_no_others() -> None:
    requests = [
        entry("a", Phase.PREFILL),
        entry("a", Phase.THINKING),
        entry("b", Phase.ANSWERING, tokens=7),
        entry("other", Phase.PREFILL),
        entry("a", Phase.WAITING, sent=None),
        entry("a", Phase.WAITING),
        entry("none", Phase.ANSWERING, tokens=None),
    ]
    assert models(*requests) == {"a": 2, "b": 1, "other": 1}


def test_what_is_worked_at_elsewhere_is_none_of_it() -> None:
    def located(model: str, location: Location | None) -> Entry:
        return msgspec.structs.replace(entry(model, Phase.PREFILL), location=location)

    requests = [
        located("a", Location.LOCAL),
        located("alias", Location.CLOUD),
        located("other", Location.CLOUD),
        located("other", None),
        located("big:cloud", Location.CLOUD),
        located("big:120b-cloud", None),  # as a proxy of before says it
    ]
    assert models(*requests) == {"a": 1, "other": 1}


async def test_the_proxys_own_control_app_is_understood() -> None:
    async def tables() -> list[Table]:
        requests = [entry("m:latest", Phase.PREFILL, sent) for sent in (1.0, 2.0, 3.0)]
        ended = Finished("id", "/api/chat", "m:latest", "direct", "ok", 200, 1.0, 3, 0.5)
        return [Table(requests, [ended])]

    readiness = Readiness()
    readiness.open()
    app = create_control(Control("proxy", readiness, CollectorRegistry()), tables, 2)
    async with listening(Listener("control", app, "127.0.0.1", 0)) as port:
        with asking(f"http://127.0.0.1:{port}") as client:
            # two have a slot, one waits
            assert await asyncio.to_thread(client.ask) == {"m:latest": 2}


def test_one_connection_serves_every_question() -> None:
    answers = answering()
    with standing_in(answers) as url, asking(url) as client:
        assert [client.ask() for _ in range(5)] == [{}] * 5
    assert answers.paths == ["/api/inflight"] * 5
    assert len(answers.connections) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b""),
        (404, NOBODY),
        (302, NOBODY),
        (200, b"<html>"),
        (200, b"{}"),
        (200, b'{"requests":[{"model":"m"}]}'),
        (200, b'{"requests":[{"request_id":"1","model":"m","phase":"prefill"}]}'),
        (200, b'{"requests":[{"request_id":"1","model":"\xff","phase":"prefill","tokens":0}]}'),
    ],
)
def test_what_is_no_proxy_tells_nothing(status: int, body: bytes) -> None:
    with standing_in(answering(status, body)) as url, asking(url) as client:
        assert client.ask() is None


def working(*models: str) -> Answers:
    return answering(body=table(*(entry(model, Phase.PREFILL) for model in models)))


def test_all_that_answer_to_the_name_are_asked_and_who_comes_later_too() -> None:
    clock = Clock()
    with standing_in(working("a", "b")) as first, standing_in(working("a")) as second:
        urls = [first]
        with asking("http://proxy:8001", clock=clock, each_of=lambda _: urls) as client:
            assert client.ask() == {"a": 1, "b": 1}
            urls.append(second)
            assert client.ask() == {"a": 1, "b": 1}
            clock.now += LOOK_UP_SECONDS
            assert client.ask() == {"a": 2, "b": 1}
            urls.remove(first)
            clock.now += LOOK_UP_SECONDS
            assert client.ask() == {"a": 1}
            urls.clear()  # the name is not known for a moment
            clock.now += LOOK_UP_SECONDS
            assert client.ask() == {"a": 1}


def test_one_that_answers_at_two_addresses_is_counted_once() -> None:
    with standing_in(working("a", "a", "b")) as url:
        urls = [url, f"{url}/"]
        with asking("http://proxy:8001", each_of=lambda _: urls) as client:
            assert client.ask() == {"a": 2, "b": 1}


def test_requests_to_which_clients_gave_the_same_id_are_several() -> None:
    same = entry("a", Phase.PREFILL)
    with standing_in(answering(body=table(same, same))) as url, asking(url) as client:
        assert client.ask() == {"a": 2}


def test_where_one_of_several_does_not_say_it_is_not_known_and_they_are_looked_up_at_once() -> None:
    answers = answering(503)
    with standing_in(working("a")) as first, standing_in(answers) as second:
        urls = [first, second]
        with asking("http://proxy:8001", clock=Clock(), each_of=lambda _: urls) as client:
            assert client.ask() is None
            urls.remove(second)
            assert client.ask() == {"a": 1}


def test_one_that_hangs_is_not_waited_for() -> None:
    answers = Answers()
    with standing_in(answers) as url, asking(url, 0.05) as client:
        assert client.ask() is None


def test_one_that_dribbles_is_not_waited_for() -> None:
    async def dribble(call: Call) -> None:
        await call.head("200 OK", [(b"Transfer-Encoding", b"chunked")])
        while not call.peer_gone.is_set():
            await call.chunk(b" ")

    with serving(dribble) as server, asking(server.url, 0.2) as client:
        assert client.ask() is None


def test_one_that_comes_and_goes_does_not_fill_the_log() -> None:
    answers, clock = answering(), Clock()
    with standing_in(answers) as url, capture_logs() as logs, asking(url, clock=clock) as client:
        for answers.status in (503, 503, 200, 503, 200, 200):
            assert client.ask() == ({} if answers.status == 200 else None)
        assert [log["event"] for log in logs] == ["proxy_not_asked"]
        clock.now += QUIET_SECONDS
        assert [client.ask() for _ in range(3)] == [{}] * 3
    assert [log["event"] for log in logs] == ["proxy_not_asked", "proxy_asked_again"]


def test_a_password_is_sent_and_never_told() -> None:
    answers = answering()
    with standing_in(answers) as url, asking(url.replace("//", "//me:secret@")) as client:
        assert client.ask() == {}
    assert answers.authorizations == ["Basic bWU6c2VjcmV0"]
    with (
        capture_logs() as logs,
        asking(f"http://me:secret@127.0.0.1:{free_port()}/?key=secret") as client,
    ):
        assert client.ask() is None
    assert [log["event"] for log in logs] == ["proxy_not_asked"]
    assert "secret" not in repr(logs)
