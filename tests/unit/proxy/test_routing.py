"""Which way a request takes: by its client's wish, and by what the gateway can carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.endpoints import ENDPOINTS, endpoint_of, endpoint_of_target
from proxy.heads import RequestHead, read_request
from proxy.routing import (
    Bypass,
    Routing,
    UnknownRoute,
    bypass_of,
    is_json,
    is_json_route,
    wish_of,
)

LENGTH = b"Content-Length: 9"
CHAT = b"POST /api/chat"
AUDIO = b"POST /v1/audio/transcriptions"
UNKNOWN = b"POST /v1/unknown"


def reason(line: bytes, *fields: bytes) -> Bypass | None:
    """Why a request of this method and target goes directly."""
    head = read_request(b"\r\n".join([line + b" HTTP/1.1", *fields]))
    return bypass_of(head, endpoint_of_target(head.target))


def asking(*ways: bytes) -> RequestHead:
    """A request whose client asks for a way."""
    return read_request(b"\r\n".join([b"GET / HTTP/1.1", *(b"X-Route: " + way for way in ways)]))


@pytest.mark.parametrize(
    ("given", "wish"),
    [
        (b"portkey", Routing.PORTKEY),
        (b"Portkey", Routing.PORTKEY),
        (b"DIRECT", Routing.DIRECT),
        (b"", None),
    ],
)
def test_a_client_may_wish_for_a_way(given: bytes, wish: Routing | None) -> None:
    assert wish_of(asking(given)) is wish


def test_most_clients_wish_for_none() -> None:
    assert wish_of(read_request(b"GET / HTTP/1.1\r\nX-Routes: portkey")) is None


@pytest.mark.parametrize("given", [b"banana", b"portkey,direct", b"direct;", b"\xff"])
def test_a_way_that_is_none_is_named_to_its_client(given: bytes) -> None:
    with pytest.raises(UnknownRoute) as unknown:
        wish_of(asking(given))
    said = str(unknown.value)
    assert said == f"X-Route: expected portkey or direct, found {given.decode('latin-1')!r}"


def test_who_asks_for_two_ways_is_told_so() -> None:
    with pytest.raises(UnknownRoute, match="expected it once"):
        wish_of(asking(b"direct", b"portkey"))


def test_a_form_without_a_boundary_is_none_that_the_gateway_reads() -> None:
    line = b"POST /v1/audio/transcriptions"
    assert reason(line, LENGTH, b"Content-Type: multipart/form-data") is Bypass.BODY


def test_a_long_wish_is_not_said_in_full() -> None:
    with pytest.raises(UnknownRoute) as unknown:
        wish_of(asking(b"b" * 10_000))
    assert len(str(unknown.value)) < 100


@pytest.mark.parametrize(
    "target",
    [
        *(b"/", b"/api/version", b"/api/status", b"/api/tags", b"/api/ps", b"/v1/models"),
        *(b"/v1/models/a%2Fb", b"/v1/models/a.b", b"/v1/models/.a", b"/v1/models?x=/../y"),
        *(b"/api/tags?x=.&y=%2e%2e", b"http://h:1/api/tags", b"/api/ta%67s"),
    ],
)
def test_lists_and_versions_go_through(target: bytes) -> None:
    assert reason(b"GET " + target) is None


@pytest.mark.parametrize(
    "target",
    [
        *(b"/api/me", b"/api/chat", b"/api/blobs/sha256:1", b"/api/user/keys/x", b"/v1/unknown"),
        *(b"*", b"//api/tags", b"/API/tags", b"/api/tags/", b"tags"),
    ],
)
def test_what_is_no_list_is_got_directly(target: bytes) -> None:
    assert reason(b"GET " + target) is Bypass.ENDPOINT


@pytest.mark.parametrize("framing", [b"Content-Length: 1", b"Transfer-Encoding: chunked"])
def test_a_question_with_a_body_would_lose_it(framing: bytes) -> None:
    assert reason(b"GET /api/tags", framing) is Bypass.BODY
    assert reason(b"GET /api/tags", b"Content-Length: 0") is None


@pytest.mark.parametrize(
    "method", [b"HEAD", b"DELETE", b"PUT", b"PATCH", b"OPTIONS", b"BREW", b"get", b"post"]
)
def test_the_gateway_knows_two_methods(method: bytes) -> None:
    assert reason(method + b" /api/tags", LENGTH) is Bypass.METHOD


@pytest.mark.parametrize(
    "path",
    [
        *(b"/api/generate", b"/api/chat", b"/api/embed", b"/api/embeddings", b"/api/show"),
        *(b"/v1/chat/completions", b"/v1/completions", b"/v1/embeddings", b"/v1/responses"),
        *(b"/v1/messages", b"/api/ch%61t", b"http://h/api/chat", b"/api/chat?x=1"),
    ],
)
def test_what_infers_goes_through_whatever_its_type_says(path: bytes) -> None:
    line = b"POST " + path
    assert reason(line, LENGTH) is None
    assert reason(line, b"Transfer-Encoding: chunked") is None
    assert reason(line, LENGTH, b"Content-Type: application/x-www-form-urlencoded") is None


@pytest.mark.parametrize(
    "path",
    [
        *(b"/api/pull", b"/api/push", b"/api/create", b"/api/copy", b"/api/delete", b"/api/me"),
        *(b"/api/blobs/sha256:1", b"/api/signout", b"/api/experimental/web_search", b"/api/tags"),
        *(b"/", b"*", b"/invented", b"//v1/chat/completions", b"/v1"),
    ],
)
def test_what_moves_models_or_is_no_route_goes_directly(path: bytes) -> None:
    assert reason(b"POST " + path, LENGTH, b"Content-Type: application/json") is Bypass.ENDPOINT


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (b"Content-Length: 0",),
        (LENGTH, b"Content-Encoding: gzip"),
        (LENGTH, b"Content-Encoding: identity, gzip"),
        (b"Transfer-Encoding: chunked", b"Content-Encoding: zstd"),
    ],
)
def test_a_body_that_is_none_or_compressed_goes_directly(fields: tuple[bytes, ...]) -> None:
    assert reason(CHAT, *fields) is Bypass.BODY


@pytest.mark.parametrize("encoding", [b"", b"identity", b"Identity"])
def test_a_body_that_says_it_is_plain_goes_through(encoding: bytes) -> None:
    assert reason(CHAT, LENGTH, b"Content-Encoding: " + encoding) is None


@pytest.mark.parametrize("line", [AUDIO, UNKNOWN])
@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (b"multipart/form-data; boundary=x", None),
        (b"application/json", None),
        (b"application/json; charset=utf-8", None),
        (b"", Bypass.BODY),
        (b"text/plain", Bypass.BODY),
        (b"application/x-www-form-urlencoded", Bypass.BODY),
        (b"Multipart/Form-Data; boundary=x", Bypass.BODY),
        (b"multipart/form-data ; boundary=x", Bypass.BODY),
        (b"APPLICATION/JSON", Bypass.BODY),
        (b"application/json5", Bypass.BODY),
        (b"application/json-patch+json", Bypass.BODY),
    ],
)
def test_a_body_that_is_not_known_to_be_json_goes_by_its_type(
    line: bytes, content_type: bytes, expected: Bypass | None
) -> None:
    assert reason(line, LENGTH, b"Content-Type: " + content_type) is expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (b"", None),
        (b"application/json", None),
        (b"application/json; charset=utf-8", None),
        (b"text/plain", Bypass.BODY),
        (b"Application/JSON", Bypass.BODY),
        (b"multipart/form-data; boundary=x", Bypass.BODY),
    ],
)
def test_a_question_of_a_type_that_the_gateway_refuses_goes_directly(
    content_type: bytes, expected: Bypass | None
) -> None:
    assert reason(b"GET /api/tags", b"Content-Type: " + content_type) is expected


@pytest.mark.parametrize(
    "path",
    [
        *(b"/v1/../api/chat", b"/v1/./chat/completions", b"/v1/chat/..", b"/v1/chat/."),
        *(b"/v1/%2e%2E/api/chat", b"/v1/%2E/x", b"/v1\\..\\x", b"/v1/a\\b", b"/v1/a#b", b"/v1/#"),
        *(b"http://h/v1/../x", b"/v1/.%2e/x", b"http://h#/v1/x"),
    ],
)
def test_a_path_that_a_url_parser_would_take_for_another_goes_directly(path: bytes) -> None:
    for method in (b"GET ", b"POST ", b"HEAD "):
        assert reason(method + path, LENGTH, b"Content-Type: application/json") is Bypass.ENDPOINT


@pytest.mark.parametrize("target", [b"/v1/models/\xc3\xa9", b"/v1/models/\xff", b"/v1/models?\xe9"])
def test_a_target_of_other_bytes_than_ascii_goes_directly(target: bytes) -> None:
    assert reason(b"GET " + target) is not None


def test_a_query_that_a_url_parser_would_cut_goes_directly() -> None:
    assert reason(b"GET /api/tags?a=1#b") is not None


def as_a_url_parser_has_it(path: str) -> str:
    """Source: WHATWG URL, 4.4: the path state, for http."""
    kept: list[str] = []
    segments = path.partition("#")[0].replace("\\", "/").split("/")[1:]
    for number, segment in enumerate(segments, 1):
        dots = segment.lower().replace("%2e", ".")
        if dots not in (".", ".."):
            kept.append(segment)
            continue
        kept = kept[:-1] if dots == ".." else kept
        if number == len(segments):
            kept.append("")
    return "/" + "/".join(kept)


@given(st.lists(st.sampled_from(["/", ".", "%2e", "%2E", "\\", "#", "a", "%2f", ";"])))
def test_no_path_that_goes_through_is_another_to_a_url_parser(parts: list[str]) -> None:
    path = "/v1/" + "".join(parts)
    if reason(b"POST " + path.encode(), LENGTH, b"Content-Type: application/json") is None:
        assert as_a_url_parser_has_it(path) == path


def test_the_bodies_of_all_that_infers_are_json_but_recordings() -> None:
    json_routes = {endpoint.template for endpoint in ENDPOINTS if is_json_route(endpoint)}
    proving = {endpoint.template for endpoint in ENDPOINTS if endpoint.proves_model}
    assert proving - json_routes == {"/v1/audio/transcriptions"}
    assert json_routes <= proving
    assert not is_json_route(endpoint_of("/api/pull"))


@pytest.mark.parametrize(
    ("line", "content_type", "expected"),
    [
        (CHAT, b"text/plain", True),
        (CHAT, b"", True),
        (UNKNOWN, b"application/json", True),
        (AUDIO, b"application/json; x=y", True),
        (UNKNOWN, b"application/json5", False),
        (AUDIO, b"multipart/form-data", False),
        (UNKNOWN, b"", False),
    ],
)
def test_a_body_is_json_by_its_route_or_by_its_type(
    line: bytes, content_type: bytes, expected: bool
) -> None:
    head = read_request(line + b" HTTP/1.1\r\nContent-Type: " + content_type)
    assert is_json(head, endpoint_of_target(head.target)) is expected
