"""One request and its answer on paper: who waits for whom, and what is made of a failure."""

import asyncio

import pytest

from ollama_observe.metrics.catalogue import portkey as pk
from ollama_observe.metrics.catalogue import proxy as m
from proxy.admission import Refusal
from proxy.connections import Asker, Pool
from proxy.detours import Detour
from proxy.failures import TurnedAway, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from proxy.outcomes import Ending
from proxy.portkey.gateway import BODY_LIMIT_BYTES
from proxy.ways import Trip
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


# through the gateway

LAST = b"0\r\n\r\n"
OF_GATEWAY = b"x-portkey-last-used-option-index: config\r\nx-portkey-provider: openai\r\n"
GIVEN = b"HTTP/1.1 200 OK\r\n" + OF_GATEWAY + b"Transfer-Encoding: chunked\r\n\r\n"
STREAM = b'{"model":"m","stream":true,"messages":[]}'
DONE_LINE = b'{"done":true}\n'


def post(body: bytes, *fields: bytes, path: bytes = b"/api/chat") -> bytes:
    lines = [b"POST %s HTTP/1.1" % path, *fields, b"Content-Length: %d" % len(body), b"", body]
    return b"\r\n".join(lines)


def portkey(**told: object) -> PaperHouse:
    return PaperHouse(enable_portkey=True, **told)


def body_of(message: bytes) -> bytes:
    return message.partition(b"\r\n\r\n")[2]


def open_passages(house: PaperHouse) -> int:
    assert house.gateway is not None
    return len(house.gateway.passages)


def outcomes(house: PaperHouse) -> list[str]:
    """How requests ended that were no success."""
    return [labels[1] for labels in house.counted(m.ERRORS)]


async def test_a_request_goes_through_the_gateway_and_back_and_is_told_once() -> None:
    house = portkey()
    house.client.data_received(post(STREAM, b"Host: me", b"X-Own: 1"))
    assert house.pool.transports == []
    assert body_of(house.gateway_got()) == b'{"model":"m","messages":[]}'
    _, back = house.attempt()
    head, _, body = house.upstream_got().partition(b"\r\n\r\n")
    assert body == b'{"stream":true,"model":"m","messages":[]}'
    assert head.startswith(b"POST /api/chat HTTP/1.1\r\nHost: me\r\n")
    assert head.endswith(b"\r\nX-Own: 1\r\nContent-Length: %d" % len(body))
    house.answer(HEAD + b"Content-Length: 14\r\n\r\n" + DONE_LINE)
    assert body_of(back.written) == chunk(DONE_LINE) + LAST
    house.gateway_gives(GIVEN + chunk(DONE_LINE) + LAST)
    assert body_of(house.transport.written) == chunk(DONE_LINE) + LAST
    labels = ("POST", "/api/chat", "m:latest", "200", "portkey")
    assert house.counted(m.REQUESTS) == {labels: 1}
    assert house.counted(pk.ATTEMPTS) == {("ollama", "200"): 1}
    assert house.observed(pk.OVERHEAD)[()] >= 0
    assert (open_passages(house), house.transport.story[3:]) == (0, [])


async def test_a_body_is_sent_when_it_is_whole_in_one_piece_and_with_a_length() -> None:
    house = portkey()
    house.client.data_received(b"POST /api/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    raw = chunk(BODY[:5]) + chunk(BODY[5:]) + b"0\r\nA: b\r\n\r\n"
    for at in range(len(raw)):
        assert house.gateway_pool.transports == []
        house.client.data_received(raw[at : at + 1])
    head, _, body = house.gateway_got().partition(b"\r\n\r\n")
    assert body == BODY
    assert head.endswith(b"\r\nContent-Length: %d" % len(BODY))


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"seed":9007199254740993}'])
@pytest.mark.parametrize("is_chunked", [True, False])
async def test_a_body_that_the_gateway_would_change_goes_directly_as_it_came(
    body: bytes, is_chunked: bool
) -> None:
    raw = post(body, b"X-Route: portkey")
    if is_chunked:
        head = b"POST /api/chat HTTP/1.1\r\nX-Route: portkey\r\nTransfer-Encoding: chunked\r\n\r\n"
        raw = head + chunk(body) + b"0\r\nA: b\r\n\r\n"
    house = portkey()
    house.client.data_received(raw)
    assert house.upstream_got() == raw.replace(b"X-Route: portkey\r\n", b"")
    assert house.gateway_pool.transports == []
    house.answer(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    assert house.counted(pk.BYPASSES) == {("body",): 1}
    assert open_passages(house) == 0


async def test_a_body_that_is_too_long_to_be_kept_goes_directly_as_it_comes() -> None:
    house = portkey()
    long = BODY_LIMIT_BYTES + 2
    head = b"POST /api/chat HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % long
    house.client.data_received(head + b"x" * (long - 2))
    assert house.pool.transports == []
    house.client.data_received(b"y")
    assert len(house.upstream_got()) == len(head) + long - 1
    house.client.data_received(b"z")
    assert house.upstream_got().endswith(b"xyz")
    house.client.connection_lost(None)
    assert house.counted(pk.BYPASSES) == {("body",): 1}


@pytest.mark.parametrize("error", [UpstreamUnreachable("refused"), UpstreamTimeout("late")])
@pytest.mark.parametrize("raw", [post(STREAM), b"GET /api/tags HTTP/1.1\r\n\r\n"])
async def test_where_the_gateway_is_not_there_a_request_goes_directly_as_it_was(
    error: UpstreamError, raw: bytes
) -> None:
    house = portkey()
    house.gateway_pool.is_off = True
    house.client.data_received(raw)
    house.gateway_pool.fail(error)
    assert house.upstream_got() == raw
    house.answer(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert house.transport.written.startswith(b"HTTP/1.1 204 ")
    assert house.counted(pk.FALLBACKS) == {("gateway_down",): 1}
    assert [labels[-1] for labels in house.counted(m.REQUESTS)] == ["direct"]
    assert open_passages(house) == 0


async def test_a_request_that_was_sent_to_a_gateway_is_sent_to_nobody_else() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    house.gateway_pool.connections[0].connection_lost(ConnectionResetError())
    assert house.transport.written.startswith(b"HTTP/1.1 502 ")
    assert b"Portkey at http://gateway gave no answer" in house.transport.written
    assert house.pool.transports == []
    assert outcomes(house) == ["gateway_broke_off"]


async def test_a_strict_proxy_says_that_the_gateway_is_not_there() -> None:
    house = portkey(portkey_strict=True)
    house.gateway_pool.is_off = True
    house.client.data_received(CHAT)
    house.gateway_pool.fail(UpstreamUnreachable("Connection refused"))
    said = b'{"error": "Portkey at http://gateway gave no answer: Connection refused"}'
    assert body_of(house.transport.written) == said
    assert house.pool.transports == []
    assert outcomes(house) == ["gateway_down"]
    assert open_passages(house) == 0


async def test_a_client_that_leaves_ends_both_legs_at_once() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    house.attempt()
    house.client.connection_lost(None)
    assert house.gateway_pool.transports[0].story == ["abort"]
    assert house.pool.transports[0].story == ["abort"]
    assert house.counted(pk.ATTEMPTS) == {("ollama", "499"): 1}
    assert sum(house.counted(m.ABORTS).values()) == 1
    assert (open_passages(house), outcomes(house)) == (0, [])


async def test_a_client_that_leaves_before_its_body_is_whole_was_sent_nowhere() -> None:
    house = portkey()
    house.client.data_received(CHAT[:-1])
    house.client.connection_lost(None)
    assert house.gateway_pool.transports == []
    assert open_passages(house) == 0


async def test_a_client_that_leaves_while_nobody_answers_leaves_nothing_behind() -> None:
    house = portkey()
    house.gateway_pool.is_off = True
    house.client.data_received(CHAT)
    house.client.connection_lost(None)
    house.gateway_pool.fail(UpstreamUnreachable("refused"))
    assert (open_passages(house), house.pool.transports) == (0, [])


async def test_an_attempt_for_a_client_that_has_left_asks_nobody() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    house.client.connection_lost(None)
    _, back = house.attempt()
    assert back.written.startswith(b"HTTP/1.1 499 ")
    assert b"the client has left" in back.written
    assert house.pool.transports == []
    assert house.counted(pk.ATTEMPTS) == {}


async def test_a_retry_is_another_attempt_of_the_same_request() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    _, first = house.attempt()
    house.answer(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    assert first.written.startswith(b"HTTP/1.1 503 Busy\r\n")
    house.attempt()
    house.answer(HEAD + b"Content-Length: 14\r\n\r\n" + DONE_LINE, 1)
    house.gateway_gives(GIVEN + chunk(DONE_LINE) + LAST)
    assert house.counted(pk.ATTEMPTS) == {("ollama", "503"): 1, ("ollama", "200"): 1}
    assert outcomes(house) == []


async def test_an_attempt_that_the_gateway_gave_up_without_a_word_is_not_worked_for() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    _, first = house.attempt()
    house.attempt()
    assert house.pool.transports[0].story == ["abort"]
    assert first.written.startswith(b"HTTP/1.1 499 ")
    assert house.pool.transports[1].story == []


async def test_a_gateway_that_hangs_up_ends_its_attempt() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    leg, _ = house.attempt()
    leg.connection_lost(None)
    assert house.pool.transports[0].story == ["abort"]
    assert open_passages(house) == 1
    assert house.counted(pk.ATTEMPTS) == {("ollama", "499"): 1}


async def test_an_ollama_that_breaks_off_is_hidden_from_the_gateway_and_not_from_the_client() -> (
    None
):
    house = portkey()
    house.client.data_received(CHAT)
    _, back = house.attempt()
    house.answer(CHUNKED + chunk(b"a"))
    house.pool.connections[0].connection_lost(ConnectionResetError())
    assert body_of(back.written) == chunk(b"a") + LAST
    house.gateway_gives(GIVEN + chunk(b"a") + LAST)
    assert body_of(house.transport.written) == chunk(b"a")
    assert house.transport.story[-1] == "close"
    assert outcomes(house) == ["incomplete_stream"]


@pytest.mark.parametrize("is_clients", [True, False])
async def test_after_an_attempt_that_was_cut_its_connection_serves_the_next(
    is_clients: bool,
) -> None:
    house = portkey()
    house.client.data_received(CHAT)
    leg, back = house.attempt()
    house.answer(CHUNKED + chunk(b"a"))
    if is_clients:
        house.client.connection_lost(None)
    else:
        house.pool.connections[0].connection_lost(ConnectionResetError())
    assert body_of(back.written) == chunk(b"a") + LAST
    assert b"close" not in back.written
    # the gateway may have sent somebody else's request on it by now
    leg.data_received(b"GET /to/ollama/api/tags HTTP/1.1\r\nHost: leg\r\n\r\n")
    assert not back.is_closing()
    assert house.upstream_got(1).startswith(b"GET /api/tags ")


async def test_a_break_is_not_hidden_from_the_client_however_the_end_was_cut() -> None:
    for at in range(1, len(LAST)):
        house = portkey()
        house.client.data_received(CHAT)
        house.attempt()
        house.answer(CHUNKED + chunk(b"a"))
        house.pool.connections[0].connection_lost(None)
        house.gateway_gives(GIVEN + chunk(b"a") + LAST[:at])
        house.gateway_gives(LAST[at:])
        assert not house.transport.written.endswith(LAST)


async def test_an_ollama_that_gives_no_answer_is_told_in_a_whole_one() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    _, back = house.attempt()
    house.pool.connections[0].connection_lost(None)
    assert back.written.startswith(b"HTTP/1.1 502 ")
    given = GIVEN.replace(b"200 OK", b"502 Bad Gateway") + chunk(body_of(back.written)) + LAST
    house.gateway_gives(given)
    assert house.transport.written.endswith(LAST)
    assert outcomes(house) == ["broke_off"]


async def test_a_gateway_that_breaks_off_is_told_from_an_ollama_that_does() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    house.attempt()
    house.answer(CHUNKED + chunk(b"a"))
    house.gateway_gives(GIVEN + chunk(b"a"))
    house.gateway_pool.connections[0].connection_lost(ConnectionResetError())
    assert house.pool.transports[0].story == ["abort"]
    assert outcomes(house) == ["gateway_broke_off"]


def look(house: PaperHouse) -> None:
    """Time for a look at the requests under way."""
    assert house.gateway is not None
    house.gateway.passages._look()


IMPATIENT = {"portkey_timeout_seconds": 1e-9}


async def test_a_gateway_that_keeps_a_request_is_given_up_and_may_answer_in_vain() -> None:
    house = portkey(**IMPATIENT)
    house.client.data_received(CHAT)
    look(house)
    said = b'{"error": "Portkey at http://gateway hangs: it keeps what it was sent"}'
    assert house.transport.written.startswith(b"HTTP/1.1 504 ")
    assert body_of(house.transport.written) == said
    written = house.transport.written
    house.gateway_gives(GIVEN + chunk(b"late") + LAST)
    _, back = house.attempt()
    assert back.written.startswith(b"HTTP/1.1 499 ")
    assert house.transport.written == written
    assert (open_passages(house), outcomes(house)) == (0, ["gateway_timeout"])


async def test_a_gateway_that_keeps_a_piece_is_given_up_in_mid_answer() -> None:
    house = portkey(**IMPATIENT)
    house.client.data_received(CHAT)
    house.attempt()
    house.answer(CHUNKED + chunk(b"a"))
    house.gateway_gives(GIVEN + chunk(b"a"))
    look(house)
    assert open_passages(house) == 1  # it gave what it had
    house.answer(chunk(b"b"))
    look(house)
    assert house.transport.story[-1] == "close"
    assert not house.transport.written.endswith(LAST)
    assert house.pool.transports[0].story == ["abort"]
    assert outcomes(house) == ["gateway_timeout"]


async def test_a_gateway_that_keeps_the_end_is_given_up() -> None:
    house = portkey(**IMPATIENT)
    house.client.data_received(CHAT)
    house.attempt()
    house.answer(CHUNKED + chunk(b"a") + LAST)
    house.gateway_gives(GIVEN + chunk(b"a"))
    look(house)
    assert outcomes(house) == ["gateway_timeout"]


async def test_a_slow_model_and_a_client_that_takes_nothing_are_no_gateway_that_hangs() -> None:
    house = portkey(**IMPATIENT)
    house.client.data_received(CHAT)
    house.attempt()
    look(house)
    house.answer(CHUNKED + chunk(b"a"))
    house.client.pause_writing()
    assert house.gateway_pool.transports[0].story == ["pause_reading"]
    look(house)
    house.gateway_gives(GIVEN + chunk(b"a"))
    house.client.resume_writing()
    look(house)
    assert open_passages(house) == 1
    house.client.connection_lost(None)


async def test_who_waits_for_a_go_ahead_gets_the_proxy_s_own_once() -> None:
    house = portkey()
    raw = post(BODY, b"Expect: 100-continue")
    head = raw[: -len(BODY)]
    house.client.data_received(head)
    assert house.transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    house.client.data_received(BODY)
    assert b"expect" not in house.gateway_got().lower()
    assert house.transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    at_once = portkey()
    at_once.client.data_received(raw)
    assert at_once.transport.written == b""
    for each in (house, at_once):
        each.client.connection_lost(None)


async def test_counts_are_asked_for_behind_the_gateway_as_well() -> None:
    house = portkey(inject_usage=True)
    house.client.data_received(ASK)
    house.attempt()
    assert b'"stream_options":{"include_usage":true}' in house.upstream_got()
    house.gateway_gives(SSE + chunk(TEXT) + chunk(USAGE + DONE) + LAST)
    assert body_of(house.transport.written) == chunk(TEXT) + chunk(DONE) + LAST


async def test_a_target_that_cannot_be_sent_leaves_no_passage_open() -> None:
    house = portkey()
    house.client.data_received(b"GET ftp://h/api/tags HTTP/1.1\r\n\r\n")
    assert house.transport.written.startswith(b"HTTP/1.1 400 ")
    assert open_passages(house) == 0


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nA\r\n\r\n"])
async def test_what_is_no_request_did_not_go_directly_instead(raw: bytes) -> None:
    house = portkey()
    house.client.data_received(raw)
    assert house.transport.written.startswith(b"HTTP/1.1 400 ")
    assert house.counted(pk.BYPASSES) == {}


async def test_the_next_request_of_a_client_may_take_another_way() -> None:
    house = portkey()
    house.client.data_received(CHAT)
    house.gateway_gives(GIVEN + chunk(DONE_LINE) + LAST)
    house.client.data_received(b"GET /api/tags HTTP/1.1\r\nX-Route: direct\r\n\r\n")
    assert house.upstream_got() == b"GET /api/tags HTTP/1.1\r\n\r\n"
    house.answer(b"HTTP/1.1 204 No Content\r\n\r\n")
    ways = sorted(labels[-1] for labels in house.counted(m.REQUESTS))
    assert ways == ["direct", "portkey"]


class Looking(Detour):
    """A way on which a request is looked at, and may be turned away."""

    body_limit_bytes = 1024
    own_lines = (b"X-Looked-At: 1",)

    def __init__(self, trip: Trip) -> None:
        super().__init__(trip)
        self.refusal: Refusal | None = None
        self.is_late = False

    @property
    def pool(self) -> Pool:
        """See Way."""
        return self if self.is_late else self.trip.pool

    def body(self, body: bytes | None) -> bytes | None:
        """See Way."""
        if self.refusal is not None and not self.is_late:
            raise self.refusal
        return body

    def ask(self, asker: Asker) -> None:
        """See Pool."""
        assert self.refusal is not None
        asker.failed(TurnedAway(self.refusal))


@pytest.mark.parametrize("is_late", [False, True])
async def test_a_request_may_be_refused_by_its_body_or_on_its_way(is_late: bool) -> None:
    ways: list[Looking] = []

    def bend(trip: Trip, *_: object) -> Trip:
        ways.insert(0, Looking(trip))
        ways[0].refusal = Refusal(Ending.REFUSED_HOST, "not you", [b"A: b"])
        ways[0].is_late = is_late
        return ways[0]

    house = PaperHouse([bend])
    head, _, body = CHAT.partition(b"\r\n\r\n")
    house.client.data_received(head + b"\r\n\r\n")
    assert house.transport.written == b""
    house.client.data_received(body)
    written = house.transport.written
    assert written.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"\r\nA: b\r\n" in written
    assert b"\r\nX-Looked-At: 1\r\n" in written
    assert written.endswith(b'{"error": "not you"}')
    assert house.pool.connections == []
    assert house.counted(m.REQUESTS) == {("POST", "/api/chat", "other", "403", "direct"): 1}
    house.client.data_received(CHAT)  # the connection is as good as before
    assert house.transport.written.count(b"HTTP/1.1 403") == 2


async def test_a_way_s_own_fields_go_with_its_answer() -> None:
    house = PaperHouse([lambda trip, *_: Looking(trip)])
    house.client.data_received(CHAT)
    house.answer(HEAD + b"Content-Length: 0\r\n\r\n")
    assert b"\r\nX-Looked-At: 1\r\n" in house.transport.written
