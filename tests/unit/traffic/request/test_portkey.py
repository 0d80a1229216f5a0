"""The gateway is told what it needs, known by its signs, and quoted in sentences."""

import pytest
from multidict import CIMultiDict

from traffic.request.portkey import complaint, has_sign, headers

# as the gateway 1.15.2 wrote them
REFUSED = b"Message: fetch failed Cause: Error: connect ECONNREFUSED 127.0.0.1:9 Name: TypeError"


def test_a_request_names_provider_host_and_trace() -> None:
    assert headers("http://127.0.0.1:11434", "t1") == {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": "http://127.0.0.1:11434",
        "x-portkey-trace-id": "t1",
        "authorization": "Bearer ollama",
    }


@pytest.mark.parametrize(
    "name",
    ["X-Portkey-Last-Used-Option-Index", "x-portkey-provider", "x-portkey-gateway-exception"],
)
def test_any_header_that_only_the_gateway_sends_is_its_sign(name: str) -> None:
    assert has_sign(CIMultiDict({name: "x"}))


def test_other_headers_are_no_sign_of_it() -> None:
    assert not has_sign(CIMultiDict({"content-type": "application/json", "x-request-id": "1"}))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            REFUSED,
            "Portkey got no answer from Ollama: fetch failed, connect ECONNREFUSED 127.0.0.1:9",
        ),
        (
            b'{"html-message":"' + REFUSED + b'"}',
            "Portkey got no answer from Ollama: fetch failed, connect ECONNREFUSED 127.0.0.1:9",
        ),
        (
            b"Message: fetch failed Cause: NA Name: TypeError",
            "Portkey got no answer from Ollama: fetch failed",
        ),
        (
            b'{"status":"failure","message":"Invalid custom host"}',
            "Portkey: Invalid custom host",
        ),
        (b'{"status":"failure"}', "Portkey: no reason given"),
    ],
)
def test_each_form_of_its_errors_is_one_sentence(body: bytes, said: str) -> None:
    assert complaint(body) == said


@pytest.mark.parametrize(
    "quoted",
    [
        r"Unexpected token 'W', ...\"ntent\": \"Why is the\"... is not valid JSON",
        r"Unexpected token 'W', \"Why is the sky\nblue\" is not valid JSON",
    ],
)
def test_what_its_parser_quotes_of_a_request_is_left_out(quoted: str) -> None:
    body = b'{"status":"failure","message":"Proxy error: %s"}' % quoted.encode()
    expected = "Portkey: Proxy error: Unexpected token 'W', (...) is not valid JSON"
    assert complaint(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"7", b"<p>Bad gateway</p>", b'{"error":"no"}', b'{"status":"success"}'),
        *(b"\xff", b"[" * 60_000),
    ],
    ids=range(8),
)
def test_anybody_elses_error_is_not_taken_for_its_own(body: bytes) -> None:
    assert complaint(body) is None
