"""An answer taken down: what is kept of it, and why another is not."""

import time

import pytest

from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.cache import RECORDABLE
from proxy.cache.entries import Entry
from proxy.cache.recording import Recording, Unfit
from proxy.heads import read_response
from tests.fakes import captures
from tests.flying import FIRST, HEAD, LAST, WHOLE, chunk


def recorded(
    body: bytes = WHOLE,
    head: bytes = HEAD,
    path: str = "/api/chat",
    limit_bytes: int = 1 << 20,
    cut: int = 1 << 20,
) -> tuple[Recording, Entry | None]:
    """An answer that came in pieces of `cut` bytes, a tenth of a second each."""
    recording = Recording(endpoint_of(path), "m:latest", limit_bytes, 10.0, b"X-Id", lambda: 77.0)
    recording.begin(read_response(head))
    for number, at in enumerate(range(0, len(body), cut)):
        recording.add(10.1 + number / 10, body[at : at + cut])
    return recording, recording.entry()


def test_an_answer_is_kept_as_it_came() -> None:
    recording, entry = recorded(cut=100)
    assert recording.unfit is None
    assert entry is not None
    assert entry.body == WHOLE
    assert entry.lines == HEAD.split(b"\r\n")[1:]
    assert (entry.model, entry.endpoint) == ("m:latest", "/api/chat")
    assert (entry.prompt_tokens, entry.generated_tokens) == (3, 2)
    reads = list(entry.reads)
    assert sum(size for _, size in reads) == len(WHOLE)
    assert [at for at, _ in reads][:2] in ([100, 200], [99, 199])
    assert entry.stored_at == 77.0
    assert entry.seconds == pytest.approx(0.1 * len(reads))
    assert recording.entry() is entry


def test_what_is_of_one_request_alone_is_not_kept() -> None:
    own = [
        b"X-Id: mine",
        b"Set-Cookie: session=1",
        b"Age: 3",
        b"x-portkey-cache-status: DISABLED",
        b"x-portkey-trace-id: t",
        b"x-portkey-retry-attempt-count: 1",
        b"X-Portkey-Provider: openai",
        b"x-portkey-last-used-option-index: config.targets[1]",
    ]
    _, entry = recorded(head=b"\r\n".join([HEAD, *own, b"Date: then"]))
    assert entry is not None
    assert entry.lines == [*HEAD.split(b"\r\n")[1:], b"Date: then"]


def unary(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d" % len(body)


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (HEAD.replace(b"200 OK", b"404 Not Found"), WHOLE, Unfit.STATUS),
        (HEAD.replace(b"200 OK", b"500 x"), WHOLE, Unfit.STATUS),
        (HEAD.replace(b"200 OK", b"201 Created"), WHOLE, Unfit.STATUS),
        (HEAD + b"\r\nContent-Encoding: gzip", WHOLE, Unfit.ENCODED),
        (HEAD, WHOLE[:-5], Unfit.INCOMPLETE),
        (HEAD, chunk(FIRST) + b"0\r\n\r\n", Unfit.INCOMPLETE),
        (HEAD, chunk(b'{"error":"x"}\n') + b"0\r\n\r\n", Unfit.INCOMPLETE),
        (HEAD, chunk(b'{"error":"x"}\n') + chunk(LAST) + b"0\r\n\r\n", Unfit.INCOMPLETE),
        (HEAD, chunk(b"no json\n") + chunk(LAST) + b"0\r\n\r\n", Unfit.INCOMPLETE),
        (HEAD.replace(b"application/x-ndjson", b"text/html"), WHOLE, Unfit.INCOMPLETE),
        (HEAD.replace(b"Content-Type", b"X-Type"), WHOLE, Unfit.INCOMPLETE),
        (unary(LAST), LAST[:-1], Unfit.INCOMPLETE),
        (unary(b""), b"", Unfit.INCOMPLETE),
        (HEAD, chunk(LAST.replace(b"stop", b"load")) + b"0\r\n\r\n", Unfit.OPERATION),
        (HEAD, chunk(LAST.replace(b"stop", b"unload")) + b"0\r\n\r\n", Unfit.OPERATION),
    ],
)
def test_what_is_not_whole_and_an_answer_is_not_kept(
    head: bytes, body: bytes, expected: Unfit
) -> None:
    recording, entry = recorded(body, head)
    assert (recording.unfit, entry) == (expected, None)


def test_an_answer_that_ends_with_its_connection_is_never_certain_to_be_whole() -> None:
    recording = Recording(endpoint_of("/api/chat"), "m", 1000, 0.0, b"", lambda: 0.0)
    head = read_response(b"HTTP/1.0 200 OK\r\nContent-Type: application/x-ndjson")
    head.is_endless = True
    recording.begin(head)
    recording.add(0.1, FIRST + LAST)
    assert (recording.entry(), recording.unfit) == (None, Unfit.INCOMPLETE)


def test_what_is_too_long_is_let_go_of_at_once() -> None:
    recording, entry = recorded(limit_bytes=len(WHOLE) - 1, cut=50)
    assert (recording.unfit, entry) == (Unfit.TOO_LONG, None)
    assert recorded(limit_bytes=len(WHOLE))[1] is not None


def test_the_first_reason_counts() -> None:
    recording, _ = recorded(head=HEAD.replace(b"200 OK", b"404 x"))
    recording.spoil(Unfit.INCOMPLETE)
    assert recording.unfit is Unfit.STATUS


def test_an_answer_is_read_as_it_comes_and_not_at_its_end() -> None:
    part, recording = (
        chunk(FIRST),
        Recording(endpoint_of("/api/chat"), "m", 1 << 24, 0.0, b"x-request-id", lambda: 0.0),
    )
    recording.begin(read_response(HEAD))
    began = time.process_time()
    for number in range(5_000):
        recording.add(number / 100, part)
    recording.add(99.0, chunk(LAST) + b"0\r\n\r\n")
    passed = time.process_time()
    assert recording.entry() is not None
    assert time.process_time() - passed < (passed - began) / 4


def test_who_wants_none_kept_is_the_reason_whatever_comes() -> None:
    recording = Recording(endpoint_of("/api/chat"), "m", 1000, 0.0, b"", lambda: 0.0)
    recording.spoil(Unfit.NOT_WANTED)
    recording.begin(read_response(HEAD.replace(b"200 OK", b"404 x")))
    recording.add(0.1, WHOLE)
    assert (recording.entry(), recording.unfit) == (None, Unfit.NOT_WANTED)


def test_before_an_answer_came_there_is_none() -> None:
    recording = Recording(endpoint_of("/api/chat"), "m", 1000, 0.0, b"", lambda: 0.0)
    assert recording.entry() is None
    recording.spoil(Unfit.NOT_WANTED)
    assert (recording.entry(), recording.unfit) == (None, Unfit.NOT_WANTED)


def test_tool_calls_and_thinking_are_kept() -> None:
    lines = (
        b'{"model":"m","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}\n',
        b'{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":'
        b'{"name":"f","arguments":{"a":1}}}]},"done":false}\n',
        LAST,
    )
    body = b"".join(map(chunk, lines)) + b"0\r\n\r\n"
    _, entry = recorded(body)
    assert entry is not None
    assert entry.body == body


def framed(capture: captures.Capture) -> bytes:
    if capture.framing != "chunked":
        return capture.body
    return b"".join(map(chunk, (piece for _, piece in capture.chunks))) + b"0\r\n\r\n"


# Whole answers that are none of a model's: they failed, or loaded it, or let go of it.
_NOT_KEPT = {
    "chat-load-warm": Unfit.OPERATION,
    "chat-unload": Unfit.OPERATION,
    "generate-load": Unfit.OPERATION,
    "unload": Unfit.OPERATION,
}


def is_of_a_model(capture: captures.Capture) -> bool:
    """Whether it is an answer that a cache is asked about."""
    endpoint = endpoint_of(capture.path)
    is_whole = capture.ended != "client closed" and not capture.name.startswith("broken-")
    is_call = capture.method == "POST" and endpoint.answer in RECORDABLE
    return is_call and capture.status == 200 and is_whole


NAMES = [name for name in captures.names() if is_of_a_model(captures.load(name))]


@pytest.mark.parametrize("name", NAMES)
def test_whole_answers_of_every_route_are_kept(name: str) -> None:
    capture = captures.load(name)
    recording, entry = recorded(framed(capture), capture.head, capture.path, 1 << 24)
    assert recording.unfit is _NOT_KEPT.get(name)
    assert (entry is None) == (name in _NOT_KEPT)


def test_most_recordings_are_such_answers() -> None:
    assert len(NAMES) > 50
    assert set(NAMES) > set(_NOT_KEPT)


@pytest.mark.parametrize("name", [name for name in captures.names() if name[:7] == "broken-"])
def test_answers_that_failed_in_their_midst_are_not_kept(name: str) -> None:
    capture = captures.load(name)
    recording, entry = recorded(framed(capture), capture.head, capture.path, 1 << 24)
    assert entry is None
    assert recording.unfit in (Unfit.INCOMPLETE, Unfit.STATUS)


@pytest.mark.parametrize("cut", [1, 7])
@pytest.mark.parametrize("name", ["chat-tools-stream", "v1-responses-stream", "embed-batch"])
def test_where_the_reads_were_cut_changes_nothing(name: str, cut: int) -> None:
    capture = captures.load(name)
    body = framed(capture)
    path = capture.path.partition("?")[0]
    _, whole = recorded(body, capture.head, path, limit_bytes=1 << 24)
    _, entry = recorded(body, capture.head, path, limit_bytes=1 << 24, cut=cut)
    assert (entry is None) == (whole is None)
    if entry is not None and whole is not None:
        assert entry.body == whole.body == body
        assert entry.generated_tokens == whole.generated_tokens
