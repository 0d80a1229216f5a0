"""The way through the gateway: what a request becomes, and what of it may not go."""

from typing import Any

import pytest

from proxy.admission import Refusal
from proxy.heads import RequestHead, read_request
from proxy.outcomes import Ending
from proxy.portkey.config import NO_CONFIG, PortkeyConfig
from proxy.portkey.gateway import BODY_LIMIT_BYTES
from proxy.routing import Bypass
from tests.crossings import CHAT, ELSEWHERE, OPENAI, PLAIN, World
from tests.gateway_configs import with_


def head(raw: bytes) -> RequestHead:
    return read_request(raw)


# the head


async def test_a_request_says_where_it_is_to_go_and_who_it_is() -> None:
    assert World().sent(
        b"POST /api/chat?a=%2F HTTP/1.1\r\nUser-Agent: me\r\nContent-Length: 9"
    ) == [
        b"POST /v1/proxy/api/chat?a=%2F HTTP/1.1",
        b"Host: gateway:8787",
        b"x-portkey-provider: openai",
        b"x-portkey-custom-host: http://127.0.0.1:11436/to/ollama",
        b"x-portkey-trace-id: id-1",
        b"Content-Type: application/json",
        b"Authorization: Bearer ollama",
        b"User-Agent: me",
        b"Content-Length: 9",
    ]


async def test_its_token_is_that_of_its_passage() -> None:
    world = World()
    crossing = world.cross(CHAT)
    token = crossing.passage.token
    assert b"\r\nx-ollama-observe-leg: " + token + b"\r\n" in crossing.head(head(CHAT))
    assert world.gateway.passages.find(token) is crossing.passage


async def test_what_is_for_the_proxy_or_for_the_gateway_alone_goes_no_further() -> None:
    kept = [b"X-Own: 1", b"traceparent: t", b"X-Request-Id: mine"]
    dropped = [
        *(b"HOST: me", b"X-Route: portkey", b"x-ROUTE: direct", b"X-Ollama-Observe-Leg: forged"),
        *(b"Expect: 100-continue", b"content-TYPE: text/plain", b"Content-Type: x"),
        *(b"X-Portkey-Config: {}", b"x-portkey-custom-host: http://evil", b"x-portkey-invented: 1"),
        *(b"x-PORTKEY-trace-id: theirs", b"Connection: keep-alive", b"Keep-Alive: 1"),
    ]
    raw = b"\r\n".join([CHAT, *dropped, *kept])
    assert World().sent(raw) == [*World().sent(CHAT)[:-1], b"Content-Length: 9", *kept]


async def test_a_type_is_set_only_where_the_body_is_json() -> None:
    audio = b"POST /v1/audio/transcriptions HTTP/1.1\r\nContent-Length: 9\r\n"
    form = b"Content-Type: multipart/form-data; boundary=x"
    assert form in World().sent(audio + form)
    question = World().sent(b"GET /api/tags HTTP/1.1")
    assert not [line for line in question if line.lower().startswith(b"content-type")]


async def test_who_waits_for_a_go_ahead_gets_the_gateways_where_the_body_is_not_kept() -> None:
    audio = b"POST /v1/audio/transcriptions HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue"
    assert b"Expect: 100-continue" in World().sent(audio)


@pytest.mark.parametrize(
    ("url", "fields", "key"),
    [
        ("http://gpu", b"", b"Authorization: Bearer ollama"),
        ("http://gpu", b"\r\nAUTHORIZATION: Bearer mine", b"AUTHORIZATION: Bearer mine"),
        ("http://gpu", b"\r\nAuthorization:", b"Authorization:"),
        ("http://me:key@gpu", b"\r\nAuthorization: Bearer mine", b"Authorization: Bearer mine"),
    ],
)
async def test_a_request_has_one_key_its_own_where_it_has_one(
    url: str, fields: bytes, key: bytes
) -> None:
    sent = World(url=url).sent(CHAT + fields)
    assert [line for line in sent if line.lower().startswith(b"authorization:")] == [key]


async def test_the_address_s_credentials_go_with_the_request_where_they_are_not_added_later() -> (
    None
):
    mine = b"Authorization: Basic bWU6a2V5"
    assert mine in World(url="http://me:key@gpu", return_leg=False).sent(CHAT)
    assert mine not in World(url="http://me:key@gpu").sent(CHAT)


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        (ELSEWHERE, b""),
        (None, b"\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: http://evil"),
    ],
)
async def test_the_address_s_credentials_go_to_no_other_address(
    config: PortkeyConfig | None, fields: bytes
) -> None:
    world = World(config, "http://me:key@gpu", portkey_client_headers=True)
    assert b"Authorization: Basic bWU6a2V5" not in world.sent(CHAT + fields)


async def test_a_configuration_s_own_key_is_not_hidden_by_a_placeholder() -> None:
    for config in (PortkeyConfig.checked(PLAIN), ELSEWHERE):
        sent = World(config).sent(CHAT)
        assert not [line for line in sent if line.lower().startswith(b"authorization:")]


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"http://h:1/api/chat?x", b"/api/chat?x"), (b"/api/ch%61t", b"/api/ch%61t")],
)
async def test_a_path_goes_on_as_it_was_written(target: bytes, path: bytes) -> None:
    sent = World().sent(b"POST %s HTTP/1.1\r\nContent-Length: 9" % target)
    assert sent[0] == b"POST /v1/proxy%s HTTP/1.1" % path


async def test_a_target_that_is_no_path_is_refused_and_leaves_nothing_open() -> None:
    world = World()
    raw = b"GET ftp://h/api/tags HTTP/1.1"
    with pytest.raises(Refusal) as refused:
        world.cross(raw).head(head(raw))
    assert refused.value.ending is Ending.UNSENDABLE
    assert len(world.gateway.passages) == 0


async def test_a_host_that_is_not_the_proxy_s_is_refused_and_leaves_nothing_open() -> None:
    world = World(allowed_hosts="ai.example")
    with pytest.raises(Refusal) as refused:
        world.cross(CHAT + b"\r\nHost: evil")
    assert refused.value.ending is Ending.REFUSED_HOST
    assert len(world.gateway.passages) == 0
    assert world.cross(CHAT + b"\r\nHost: AI.example:1").passage.host is None
    assert World().cross(CHAT + b"\r\nHost: me:1").passage.host == b"me:1"
    assert World().cross(CHAT).passage.host == b"localhost"


async def test_a_body_that_is_another_has_its_own_length_and_a_readable_answer() -> None:
    raw = b"POST /api/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\nAccept-Encoding: br\r\nA: b"
    crossing = World().cross(raw)
    plain = crossing.head(head(raw), length=7, plain=True).split(b"\r\n")
    assert plain[-4:] == [b"A: b", b"Content-Length: 7", b"", b""]
    assert b"Accept-Encoding: br" not in plain
    readable = crossing.head(head(raw), length=7).split(b"\r\n")
    assert readable[-5:] == [b"Accept-Encoding: br", b"A: b", b"Content-Length: 7", b"", b""]
    assert crossing.head(head(raw)).endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n")


async def test_a_configuration_goes_in_place_of_provider_and_host() -> None:
    world = World(PortkeyConfig.checked(PLAIN))
    sent = world.sent(CHAT)
    assert sent[2] == (
        b'x-portkey-config: {"provider":"openai","api_key":"k",'
        b'"custom_host":"http://127.0.0.1:11436/to/ollama"}'
    )
    assert sent[3] == b"x-portkey-trace-id: id-1"
    assert world.cross(CHAT).config is world.gateway.config is not NO_CONFIG


async def test_clients_choose_where_they_may() -> None:
    world = World(PortkeyConfig.checked(PLAIN), portkey_client_headers=True)
    theirs = [b"X-Portkey-Provider: groq", b"x-portkey-trace-id: theirs", b"x-portkey-metadata: {}"]
    raw = b"\r\n".join([CHAT, *theirs])
    sent = world.sent(raw)
    assert [line for line in sent if line.lower().startswith(b"x-portkey-")] == theirs
    assert world.cross(raw).config is NO_CONFIG


async def test_clients_that_choose_nothing_go_where_the_proxy_says() -> None:
    world = World(PortkeyConfig.checked(PLAIN), portkey_client_headers=True)
    raw = CHAT + b"\r\nx-portkey-metadata: {}"
    sent = world.sent(raw)
    assert sent[2].startswith(b"x-portkey-config: ")
    assert b"x-portkey-metadata: {}" in sent
    assert b"x-portkey-trace-id: id-1" in sent
    assert world.cross(raw).config is world.gateway.config


@pytest.mark.parametrize(
    ("path", "provider"),
    [
        (b"/v1/chat/completions", b"openai"),
        (b"/v1/completions", b"openai"),
        (b"/v1/embeddings", b"openai"),
        (b"/v1/responses", b"openai"),
        (b"/v1/messages", b"anthropic"),
    ],
)
async def test_typed_routes_are_the_gateways_own(path: bytes, provider: bytes) -> None:
    raw = b"POST %s HTTP/1.1\r\nContent-Length: 9" % path
    sent = World(portkey_typed_routes=True).sent(raw)
    assert sent[0] == b"POST %s HTTP/1.1" % path
    assert sent[2:5] == [
        b"x-portkey-provider: " + provider,
        b"x-portkey-custom-host: http://127.0.0.1:11436/to/ollama/v1",
        b"x-portkey-forward-headers: x-ollama-observe-leg",
    ]


async def test_typed_routes_keep_a_trace_where_spans_are_sent() -> None:
    told: dict[str, Any] = {
        "portkey_typed_routes": True,
        "otlp_endpoint": "http://127.0.0.1:4318",
    }
    kept = b"x-portkey-forward-headers: x-ollama-observe-leg, traceparent, tracestate"
    assert kept in World(**told).sent(OPENAI)
    assert kept in World(PortkeyConfig.checked(PLAIN), **told).sent(OPENAI)
    assert kept not in World(**told, otlp_signals="metrics").sent(OPENAI)


@pytest.mark.parametrize("path", [b"/api/chat", b"/v1/unknown", b"/v1/audio/transcriptions"])
async def test_what_is_no_typed_route_takes_the_way_through(path: bytes) -> None:
    raw = b"POST %s HTTP/1.1\r\nContent-Length: 9" % path
    assert World(portkey_typed_routes=True).sent(raw) == World().sent(raw)


async def test_a_configuration_is_for_the_typed_routes_of_one_provider() -> None:
    world = World(PortkeyConfig.checked(PLAIN), portkey_typed_routes=True)
    sent = world.sent(OPENAI)
    assert sent[0] == b"POST /v1/chat/completions HTTP/1.1"
    assert b'"custom_host":"http://127.0.0.1:11436/to/ollama/v1"' in sent[2]
    messages = world.sent(b"POST /v1/messages HTTP/1.1\r\nContent-Length: 9")
    assert messages[0] == b"POST /v1/proxy/v1/messages HTTP/1.1"


# bodies


@pytest.mark.parametrize("raw", [CHAT, OPENAI, b"POST /api/show HTTP/1.1\r\nContent-Length: 9"])
async def test_a_json_body_is_kept_until_it_is_whole(raw: bytes) -> None:
    assert World().cross(raw).body_limit_bytes == BODY_LIMIT_BYTES


@pytest.mark.parametrize(
    "raw", [b"GET /api/tags HTTP/1.1", b"POST /v1/audio/transcriptions HTTP/1.1"]
)
async def test_other_bodies_are_not_kept(raw: bytes) -> None:
    assert World().cross(raw).body_limit_bytes == 0


async def test_a_body_that_says_it_is_json_is_looked_at_on_any_route() -> None:
    raw = b"POST /v1/unknown HTTP/1.1\r\nContent-Length: 9\r\nContent-Type: application/json"
    assert World().cross(raw).body_limit_bytes


@pytest.mark.parametrize(
    "body",
    [None, b"", b"[1]", b'"a"', b"no json", b'{"seed":9007199254740993}', b'{"a":1e400}'],
)
async def test_what_the_gateway_would_write_otherwise_does_not_go(body: bytes | None) -> None:
    for world in (World(), World(return_leg=False), World(portkey_typed_routes=True)):
        assert world.cross(OPENAI).body(body) is None


STREAMS = b'{"model":"m","stream":true,"n":1}'


@pytest.mark.parametrize(
    ("raw", "has_leg", "is_withheld"),
    [(CHAT, True, True), (OPENAI, True, True), (CHAT, False, True), (OPENAI, False, False)],
)
async def test_that_an_answer_streams_is_withheld_where_it_is_said_again_or_goes_without_saying(
    raw: bytes, has_leg: bool, is_withheld: bool
) -> None:
    crossing = World(return_leg=has_leg).cross(raw)
    body = crossing.body(STREAMS)
    assert body == (b'{"model":"m","n":1}' if is_withheld else STREAMS)
    assert crossing.passage.has_withheld_stream is (is_withheld and has_leg)


@pytest.mark.parametrize(
    "body",
    [
        *(b"{}", b'{"model":"m"}', b'{"stream":false}', b'{"stream":null}', b'{"stream":1}'),
        *(b'{"stream":"true"}', b'{"Stream":true}', b'{"options":{"stream":true}}'),
        b' {"model" : "m"}\n',
    ],
)
async def test_a_body_that_does_not_stream_goes_out_as_it_is(body: bytes) -> None:
    crossing = World().cross(CHAT)
    assert crossing.body(body) is body
    assert not crossing.passage.has_withheld_stream


async def test_the_typed_routes_are_told_that_an_answer_streams() -> None:
    crossing = World(portkey_typed_routes=True).cross(OPENAI)
    assert crossing.body(STREAMS) is STREAMS


async def test_where_requests_do_not_come_back_the_gateway_is_told_that_an_answer_streams() -> None:
    chosen = OPENAI + b"\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: http://elsewhere"
    assert World(ELSEWHERE).cross(OPENAI).body(STREAMS) is STREAMS
    assert World(portkey_client_headers=True).cross(chosen).body(STREAMS) is STREAMS


async def test_a_body_that_is_taken_can_be_written_again_however_deep_it_is() -> None:
    crossing = World().cross(CHAT)
    for depth in range(900, 1010):
        body = b'{"stream":true,"a":' + b"[" * depth + b"]" * depth + b"}"
        assert crossing.body(body) in (None, body.replace(b'"stream":true,', b""))


# the end


@pytest.mark.parametrize(
    ("is_strict", "reason", "goes"),
    [
        (False, Bypass.BODY, True),
        (False, Bypass.GATEWAY_DOWN, True),
        (True, Bypass.BODY, True),
        (True, Bypass.GATEWAY_DOWN, False),
    ],
)
async def test_what_cannot_go_through_goes_directly_unless_that_is_forbidden(
    is_strict: bool, reason: Bypass, goes: bool
) -> None:
    world = World(portkey_strict=is_strict)
    crossing = world.cross(CHAT)
    assert crossing.instead(reason) is (world.gateway.direct if goes else None)
    assert len(world.gateway.passages) == (0 if goes else 1)


async def test_a_crossing_ends_once_however_often_it_is_closed() -> None:
    world, stops = World(), list[int]()
    crossing = world.cross(CHAT)
    crossing.passage.attempt_began(0.0, lambda: stops.append(1))
    for _ in range(3):
        crossing.close()
    crossing.instead(Bypass.BODY)
    assert stops == [1]
    assert len(world.gateway.passages) == 0


@pytest.mark.parametrize("ending", Ending)
async def test_an_answer_is_broken_where_the_attempt_broke_off(ending: Ending) -> None:
    crossing = World().cross(CHAT)
    found = [crossing.is_broken]
    for _ in range(2):
        crossing.passage.attempt_began(0.0, lambda: None)
        found.append(crossing.is_broken)
        crossing.passage.attempt_ended(1.0, ending, 200, ending is Ending.BROKE_OFF)
        found.append(crossing.is_broken)
    breaks = ending is Ending.BROKE_OFF
    assert found == [False, False, breaks, False, breaks]


# what the answer cache asks of it


async def test_its_plain_way_changes_no_answer_and_every_other_has_a_signature() -> None:
    plain = World().cross(CHAT).signature
    config = PortkeyConfig.checked(with_(override_params={"temperature": 0.5}))
    other = PortkeyConfig.checked(with_(override_params={"temperature": 0.7}))
    own = b"\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: http://a"
    found = [
        World(config).cross(CHAT).signature,
        World(other).cross(CHAT).signature,
        World(portkey_typed_routes=True).cross(OPENAI).signature,
        World(portkey_client_headers=True).cross(CHAT + own).signature,
        World(portkey_client_headers=True).cross(CHAT + own + b"2").signature,
        World(portkey_client_headers=True)
        .cross(CHAT + own + b"\r\nx-portkey-strict-open-ai-compliance: false")
        .signature,
    ]
    assert plain == b""
    assert b"" not in found
    assert len(set(found)) == len(found)


async def test_a_signature_is_the_same_for_all_processes_and_requests() -> None:
    config = PortkeyConfig.checked(with_(override_params={"temperature": 0.5}))
    first, second = World(config), World(config, leg="http://127.0.0.1:11437")
    assert first.gateway.own_lines != second.gateway.own_lines
    more = b"\r\nx-portkey-trace-id: mine\r\nx-portkey-cache-force-refresh: true"
    assert first.cross(CHAT).signature == second.cross(CHAT + more).signature
    let = World(config, portkey_client_headers=True)
    assert let.cross(CHAT + more).signature == let.cross(CHAT).signature


async def test_what_nobody_takes_note_of_is_told_to_its_passage() -> None:
    crossing = World().cross(CHAT)
    crossing.passage.gateway_got(1.0)
    crossing.keeps_up(2.0, False)
    assert crossing.passage.is_paused
    crossing.keeps_up(3.0, True)
    assert (crossing.passage.is_paused, crossing.passage.waits) == (False, 3.0)
    crossing.gave(4.0)
    assert crossing.passage.waits == 4.0  # nobody is at work: the rest is in its hands


async def test_what_a_client_says_twice_to_the_gateway_counts_twice() -> None:
    world = World(portkey_client_headers=True)
    said = [b"x-portkey-metadata-like: a", b"X-Portkey-Metadata-Like: b"]
    found = {
        world.cross(b"\r\n".join([CHAT, *lines])).signature
        for lines in (said, said[:1], said[::-1], [*said, said[0]])
    }
    assert len(found) == 4
    other = [b"X-PORTKEY-metadata-like:a", said[1]]
    spelled = world.cross(b"\r\n".join([CHAT, *other])).signature
    assert spelled == world.cross(b"\r\n".join([CHAT, *said])).signature


@pytest.mark.parametrize(
    ("hosts", "reached"),
    [
        (["${ollama}"], ["ollama"]),
        (["${second}"], ["second"]),
        (["${second}/v1", "${ollama}"], ["ollama", "second"]),
        (["http://gpu:11434/v1"], ["second"]),
        (["http://gpu:114341"], ["ollama"]),
        (["http://elsewhere:11434"], ["ollama"]),
        (["http://elsewhere:11434", "${second}"], ["ollama", "second"]),
    ],
)
async def test_a_configuration_reaches_the_upstreams_that_its_targets_name(
    hosts: list[str], reached: list[str]
) -> None:
    targets = [with_(custom_host=host) for host in hosts]
    config = PortkeyConfig.checked({"strategy": {"mode": "fallback"}, "targets": targets})
    world = World(config, upstreams="second=http://gpu:11434/")
    assert list(world.cross(CHAT).reaches) == reached


async def test_the_plain_way_reaches_the_main_one_and_a_clients_own_any() -> None:
    assert list(World().cross(CHAT).reaches) == ["ollama"]
    own = b"\r\nx-portkey-provider: openai"
    let = World(portkey_client_headers=True)
    assert list(let.cross(CHAT + own).reaches) == ["ollama", "second"]
