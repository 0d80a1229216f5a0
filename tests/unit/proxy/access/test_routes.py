"""What routes ask of a key: the open ones are a closed list."""

import pytest

from ollama_observe.wire.endpoints import ENDPOINTS, endpoint_of_target
from proxy.access.routes import Need, has_older_name, is_preflight, model_in_path, need_of
from proxy.heads import RequestHead, read_request

ANY = ("/", "/api/version", "/api/status", "/api/tags", "/api/ps", "/v1/models")
MODEL = (
    *("/api/generate", "/api/chat", "/api/embed", "/api/embeddings", "/api/show"),
    *("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"),
    *("/v1/audio/transcriptions", "/v1/messages"),
)
MANAGE = (
    *("/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete", "/api/blobs/:digest"),
    *("/api/me", "/api/signout", "/api/user/keys/:key", "other"),
    *("/api/experimental/web_search", "/api/experimental/web_fetch"),
    "/api/experimental/model-recommendations",
)


def test_each_route_asks_for_what_it_can_do() -> None:
    needs = {
        endpoint.template: need_of(endpoint, head(method=b"GET", target=b"/v1/models/a"))
        for endpoint in ENDPOINTS
    }
    assert needs == {
        **dict.fromkeys(ANY, Need.ANY),
        **dict.fromkeys(MODEL, Need.MODEL),
        **dict.fromkeys(MANAGE, Need.MANAGE),
        "/v1/models/:model": Need.PATH,
    }


@pytest.mark.parametrize(
    "target",
    [
        b"/api/%70ull",
        b"/api%2Fpull",
        b"http://localhost/api/pull?x",
        b"//api/pull",
        b"/api/pull/",
        b"/API/PULL",
        b"/api/../api/pull",
        b"/debug/pprof/heap",
        b"/v1/images/generations",
        b"*",
    ],
)
def test_a_spelling_is_no_way_around(target: bytes) -> None:
    assert need(b"POST", target) is need(b"GET", target) is Need.MANAGE


@pytest.mark.parametrize(
    "method", [b"POST", b"PUT", b"PATCH", b"DELETE", b"TRACE", b"get", b"LIST"]
)
def test_what_could_change_a_list_is_not_asking_for_it(method: bytes) -> None:
    for target in (*(path.encode() for path in ANY), b"/v1/models/llama3"):
        assert need(method, target) is Need.MANAGE
    for target in (path.encode() for path in MODEL):
        assert need(method, target) is Need.MODEL


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS"])
def test_a_list_is_asked_for_by_these_methods(method: bytes) -> None:
    assert {need(method, path.encode()) for path in ANY} == {Need.ANY}
    assert need(method, b"/v1/models/llama3") is Need.PATH


@pytest.mark.parametrize(
    "model",
    [
        b"../../api/me",
        b"..",
        b".",
        b"a/./b",
        b"a/..",
        b"%2e%2E/chat",
        b"a%2f..%2fb",
        b"..%5c..",
        b"..\\a",
        b"%252e%252e/a",
        b"a%25b",
    ],
)
def test_a_path_that_could_lead_elsewhere_names_no_model(model: bytes) -> None:
    assert need(b"GET", b"/v1/models/" + model) is Need.MANAGE


@pytest.mark.parametrize("model", [b"a.b", b"...", b"a%2fb%3A7b", b"hf.co/a/b..c", b""])
def test_dots_within_a_name_lead_nowhere(model: bytes) -> None:
    assert need(b"GET", b"/v1/models/" + model) is Need.PATH


def need(method: bytes, target: bytes) -> Need:
    return need_of(endpoint_of_target(target), head(method=method, target=target))


def head(*lines: bytes, method: bytes = b"OPTIONS", target: bytes = b"/api/chat") -> RequestHead:
    return read_request(b"\r\n".join([b"%s %s HTTP/1.1" % (method, target), *lines]))


@pytest.mark.parametrize(
    ("target", "model"),
    [
        (b"/v1/models/llama3", "llama3"),
        (b"/v1/models/a%2Fb:c?x=/v1/models/d", "a/b:c"),
        (b"/v1/models/", ""),
        (b"http://h/v1/models/m", "m"),
        (b"/v1/%6dodels/m", "m"),
        (b"http://h%2fv1%2fmodels%2fllama3@h/v1/models/m", "m"),
        (b"http://h/v1/models/m/v1/models/llama3", "m/v1/models/llama3"),
    ],
)
def test_a_path_names_its_model(target: bytes, model: str) -> None:
    assert model_in_path(head(method=b"GET", target=target)) == model


def test_only_an_older_route_knows_the_older_name() -> None:
    known = [endpoint.template for endpoint in ENDPOINTS if has_older_name(endpoint)]
    assert known == ["/api/show"]


def test_a_preflight_is_a_browsers_own_question() -> None:
    asked = (b"Origin: http://a", b"Access-Control-Request-Method: POST")
    assert is_preflight(head(*asked))
    assert not is_preflight(head())
    assert not is_preflight(head(asked[0]))
    assert not is_preflight(head(asked[1]))
    assert not is_preflight(head(*asked, method=b"POST"))
    assert is_preflight(head(*asked, b"Content-Length: 0"))
    assert not is_preflight(head(*asked, b"Content-Length: 2"))
    assert not is_preflight(head(*asked, b"Transfer-Encoding: chunked"))
