import pytest

from stack import probes
from tests.answering import answering
from tests.fakes.server import Call
from tests.ollamas import serving


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False), (404, False)])
def test_only_a_200_is_ready(status: int, ready: bool) -> None:
    with answering(status, b"") as url:
        assert probes.is_ready(url) is ready


def test_nothing_there_is_an_answer_too() -> None:
    with answering(200, b"") as url:
        pass
    assert probes.get(url) is None
    assert probes.ollama_version(url) is None


def test_an_ollama_says_its_version() -> None:
    with answering(200, b'{"version":"0.12.3"}') as url:
        assert probes.ollama_version(url) == "0.12.3"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"version":3}', b"{}"])
def test_something_else_on_the_port_is_no_ollama(body: bytes) -> None:
    with answering(200, body) as url:
        assert probes.ollama_version(url) is None


def test_what_answers_in_an_ollama_s_place_is_named_by_what_it_calls_itself() -> None:
    with answering(404, b"") as url:
        found = probes.stranger(url)
    assert found is not None
    assert found.startswith("BaseHTTP/")
    assert found.endswith(" does (status 404 for /api/version)")
    assert probes.stranger(url) is None


def test_what_is_sent_is_json_by_the_method_that_is_named() -> None:
    heard: list[tuple[str, str | None, bytes]] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        heard.append((call.method, call.header("content-type"), call.body))
        await call.answer("422 Unprocessable Content", [], b"why")

    with serving(script) as server:
        url = server.url
        reply = probes.send("PATCH", url, {"rate": "é"}, 10)
    assert heard == [("PATCH", "application/json", b'{"rate": "\\u00e9"}')]
    assert reply is not None
    assert (reply.status, reply.body) == (422, b"why")
    assert probes.send("POST", url, {}, 10) is None


def test_a_refusal_is_read_with_its_words_and_headers() -> None:
    with answering(503, b"why") as url:
        reply = probes.get(url, headers={"x-asked": "yes"})
    assert reply is not None
    assert (reply.status, reply.body, reply.headers["Content-Length"]) == (503, b"why", "3")


@pytest.mark.parametrize(
    ("status", "body", "is_gateway"),
    [(200, b"AI Gateway says hey!", True), (200, b"Ollama is running", False), (500, b"", False)],
)
def test_a_gateway_is_known_by_its_greeting(status: int, body: bytes, is_gateway: bool) -> None:
    with answering(status, body) as url:
        assert probes.is_gateway(url) is is_gateway
