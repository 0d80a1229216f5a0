"""One request and its answer on paper: who waits for whom, and what is made of a failure."""

import asyncio

import pytest

from ollama_observe.metrics import catalogue as m
from proxy.upstream import UpstreamUnreachable
from tests.paper import PaperHouse

BODY = b'{"model":"m","messages":[]}'
CHAT = b"POST /api/chat HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nX-Request-Id: u\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


async def test_head_and_first_bytes_leave_together_and_every_chunk_at_once() -> None:
    house = PaperHouse()
    house.client.data_received(CHAT)
    house.answer(CHUNKED + b"2\r\nab\r\n")
    assert house.transport.written == CHUNKED + b"2\r\nab\r\n"
    house.answer(b"3;x\r\ncde\r\n")
    assert house.transport.written.endswith(b"3;x\r\ncde\r\n")
    house.answer(b"0\r\nX-T: 1\r\n\r\n")
    assert house.transport.written.endswith(b"0\r\nX-T: 1\r\n\r\n")
    assert house.pool.kept == house.pool.connections


async def test_a_slow_client_stops_the_upstream_and_a_slow_upstream_the_client() -> None:
    house = PaperHouse()
    house.client.data_received(b"POST /api/blobs/x HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
    upstream, transport = house.pool.connections[0], house.pool.transports[0]
    upstream.pause_writing()
    upstream.resume_writing()
    house.client.pause_writing()
    house.client.resume_writing()
    assert house.transport.story[-2:] == ["pause_reading", "resume_reading"]
    assert transport.story == ["pause_reading", "resume_reading"]


async def test_an_id_is_added_unless_the_upstream_sent_one() -> None:
    house = PaperHouse()
    house.client.data_received(b"GET / HTTP/1.1\r\nX-Request-Id: mine-1\r\n\r\n")
    house.answer(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert house.transport.written == b"HTTP/1.1 204 No Content\r\nX-Request-Id: mine-1\r\n\r\n"
    silent = PaperHouse(request_id_header="")
    silent.client.data_received(b"GET / HTTP/1.1\r\nX-Request-Id: mine-1\r\n\r\n")
    silent.answer(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert silent.transport.written == b"HTTP/1.1 204 No Content\r\n\r\n"


async def test_an_old_client_gets_the_payload_without_chunk_framing() -> None:
    house = PaperHouse()
    house.client.data_received(b"GET / HTTP/1.0\r\n\r\n")
    house.answer(CHUNKED + b"2\r\nab\r\n")
    house.answer(b"1\r\nc\r\n0\r\n\r\n")
    head, _, payload = house.transport.written.partition(b"\r\n\r\n")
    assert payload == b"abc"
    assert b"chunked" not in head
    assert house.transport.story[-1] == "close"


async def test_interim_answers_pass_but_not_to_old_clients() -> None:
    for version, passed in ((b"1.1", True), (b"1.0", False)):
        house = PaperHouse()
        house.client.data_received(b"GET / HTTP/" + version + b"\r\n\r\n")
        house.answer(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        assert house.transport.written == (hints if passed else b"")


@pytest.mark.parametrize(
    ("path", "shape"),
    [(b"/api/chat", b'{"error": "Ollama'), (b"/v1/messages", b'{"type": "error", "error": ')],
)
async def test_a_failure_before_the_answer_is_told_in_the_route_s_dialect(
    path: bytes, shape: bytes
) -> None:
    house = PaperHouse()
    house.client.data_received(CHAT.replace(b"/api/chat", path))
    house.pool.connections[0].connection_lost(None)
    head, _, body = house.transport.written.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert body.startswith(shape)
    assert b"Connection: close" not in head
    assert house.transport.story[3:] == []
    assert [labels[1] for labels in house.counted(m.ERRORS)] == ["broke_off"]


async def test_a_failure_in_mid_answer_closes_the_connection_without_an_end() -> None:
    house = PaperHouse()
    house.client.data_received(CHAT)
    house.answer(CHUNKED + b"2\r\nab\r\n")
    house.pool.connections[0].connection_lost(ConnectionResetError())
    assert house.transport.written == CHUNKED + b"2\r\nab\r\n"
    assert house.transport.story[-1] == "close"


async def test_an_answer_without_length_that_breaks_off_does_not_look_whole() -> None:
    house = PaperHouse()
    house.client.data_received(CHAT)
    house.answer(HEAD + b"\r\nab")
    house.pool.connections[0].connection_lost(ConnectionResetError())
    assert house.transport.story[-2:] == ["setsockopt", "close"]  # the socket's end is a reset


async def test_a_failure_before_the_answer_to_head_has_no_body() -> None:
    house = PaperHouse()
    house.client.data_received(b"HEAD / HTTP/1.1\r\n\r\n")
    house.pool.connections[0].connection_lost(None)
    assert house.transport.written.endswith(b"\r\n\r\n")
    assert b"Content-Length: 0" not in house.transport.written


ASKING = b'{"model":"m","stream":true}'
ASK = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(ASKING) + ASKING
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
TEXT = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n'
DONE = b"data: [DONE]\n\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def test_counts_are_asked_for_and_taken_out_of_the_answer_again() -> None:
    house = PaperHouse(inject_usage=True)
    for at in range(0, len(ASK), 7):
        assert house.pool.transports == [] or house.upstream_got() == b""
        house.client.data_received(ASK[at : at + 7])
    assert b'"include_usage":true' in house.upstream_got()
    length = int(house.upstream_got().split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert len(house.upstream_got().partition(b"\r\n\r\n")[2]) == length
    house.answer(SSE + chunk(TEXT))
    house.answer(chunk(TEXT + USAGE + DONE) + b"0\r\n\r\n")
    body = house.transport.written.partition(b"\r\n\r\n")[2]
    assert body == chunk(TEXT) + chunk(TEXT + DONE) + b"0\r\n\r\n"
    assert sum(house.counted(m.PROMPT_TOKENS).values()) == 3
    assert sum(house.counted(m.GENERATED_TOKENS).values()) == 4
    assert house.counted(m.USAGE_MISSING) == {}


async def test_a_refusal_instead_of_a_stream_passes_as_it_is() -> None:
    house = PaperHouse(inject_usage=True)
    house.client.data_received(ASK)
    refusal = b"HTTP/1.1 400 X\r\nContent-Length: 2\r\nX-Request-Id: u\r\n\r\n{}"
    house.answer(refusal)
    assert house.transport.written == refusal


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"m"}',
        b'{"model":"m","stream":false}',
        b'{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
        b"no json",
    ],
)
async def test_what_needs_no_asking_goes_out_untouched(body: bytes) -> None:
    raw = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    house = PaperHouse(inject_usage=True)
    house.client.data_received(raw[:60])
    house.client.data_received(raw[60:])
    assert house.upstream_got() == raw


async def test_a_connection_that_serves_another_is_not_stopped_for_the_last_client() -> None:
    house = PaperHouse()
    house.client.data_received(CHAT)
    upstream = house.pool.transports[0]
    house.transport.pauses = house.client
    house.answer(HEAD + b"Content-Length: 2\r\n\r\nab")
    assert house.pool.kept == house.pool.connections
    assert upstream.story == []


async def test_an_end_that_cannot_be_passed_on_is_taken_for_leaving_in_time() -> None:
    house = PaperHouse()
    house.pool.can_end = False  # as over TLS
    house.client.data_received(CHAT)
    house.client.eof_received()
    assert house.pool.transports[0].story == []
    async with asyncio.timeout(5):
        while "abort" not in house.pool.transports[0].story:
            await asyncio.sleep(0.01)
    assert house.counted(m.ABORTS)["other", "prefill", "direct"] == 1


async def test_a_half_closed_client_is_told_that_nobody_is_there() -> None:
    house = PaperHouse()
    house.pool.is_off = True
    house.client.data_received(CHAT)
    house.client.eof_received()
    house.pool.fail(UpstreamUnreachable("Connection refused"))
    assert house.transport.written.startswith(b"HTTP/1.1 502 ")
    assert house.counted(m.ERRORS)["other", "connect", "direct"] == 1


async def test_what_the_client_was_told_is_what_is_counted() -> None:
    house = PaperHouse()
    house.client.data_received(CHAT)
    house.answer(CHUNKED + b"no size\r\n")
    _, _, body = house.transport.written.partition(b"\r\n\r\n")
    assert house.transport.written.startswith(b"HTTP/1.1 502 ")
    labels = ("POST", "/api/chat", "m:latest", "502", "direct")
    assert house.counted(m.REQUESTS)[labels] == 1
    assert house.counted(m.ERRORS)["m:latest", "broke_off", "direct"] == 1
    assert house.observed(m.RESPONSE_BYTES)["/api/chat", "direct"] == len(body) > 0


async def test_bytes_that_were_taken_out_of_an_answer_were_not_sent() -> None:
    house = PaperHouse(inject_usage=True)
    asked = b'{"model":"m","stream":true}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(asked)
    house.client.data_received(head + asked)
    house.answer(SSE + chunk(TEXT) + chunk(USAGE) + chunk(DONE) + b"0\r\n\r\n")
    sent = house.observed(m.RESPONSE_BYTES)["/v1/chat/completions", "direct"]
    assert sent == len(TEXT + DONE)


async def test_over_tls_an_upstream_that_fails_is_told_to_a_half_closed_client_too() -> None:
    house = PaperHouse()
    house.pool.can_end = False
    house.client.data_received(CHAT)
    house.client.eof_received()
    house.pool.connections[0].connection_lost(None)
    assert house.transport.written.startswith(b"HTTP/1.1 502 ")
    assert house.counted(m.ERRORS)["other", "broke_off", "direct"] == 1
