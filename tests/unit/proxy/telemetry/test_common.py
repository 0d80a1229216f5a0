"""What many spans say alike: names of few, attributes by the conventions, nothing of a client's."""

from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.requests import RequestFacts
from proxy.outcomes import Ending
from proxy.story import Story
from proxy.telemetry.common import attributes_of, common_of
from proxy.telemetry.values import MOST_CHARACTERS, attribute
from tests import otlp

SERVER: list[KeyValue] = [attribute("server.address", "gpu-box")]
CHAT = "/api/chat"


def story(
    path: str = CHAT, method: str = "POST", model: str = "m:latest", user: str = "", **facts: object
) -> Story:
    told = Story("id-1", "", user, method, endpoint_of(path), method == "POST", model, 1.0)
    for name, value in {"read_at": 1.0, "upstream_status": 200, **facts}.items():
        setattr(told, name, value)
    told.end(2.0, Ending.COMPLETE)
    return told


def answer(line: bytes, framing: Framing = Framing.NDJSON, path: str = CHAT) -> StreamMeter:
    meter = StreamMeter(endpoint_of(path).answer, framing)
    meter.feed(1.5, line)
    meter.finish(1.5)
    return meter


def said(told: Story) -> dict[str, Any]:
    return otlp.attributes_of(attributes_of(common_of(told), SERVER))


def asking(model: str) -> Story:
    return story(model="other", facts=RequestFacts(model=model), upstream_status=404)


def test_a_model_that_nobody_has_is_told_and_is_no_part_of_the_name() -> None:
    told = asking("Typo")
    assert common_of(told).name == "chat"
    assert said(told)["gen_ai.request.model"] == "typo:latest"
    assert "gen_ai.response.model" not in said(told)
    assert "gen_ai.request.model" not in said(story(model="other"))


@pytest.mark.parametrize("written", ["why is\nthe sky blue?", "x" * 351, "x" * 1_000_000, "\x00"])
def test_what_can_be_no_model_s_name_is_not_told(written: str) -> None:
    assert "gen_ai.request.model" not in said(asking(written))


def test_what_is_kept_is_short_whatever_client_and_upstream_write() -> None:
    line = b'{"model":"%s","message":{"content":""},"done":true,"done_reason":"%s"}\n'
    meter = answer(line % (b"m" * 5000, b"r" * 5000))
    for told in (story(meter=meter), asking(f"https://{'x' * 5000}://{'y' * 300}")):
        texts = [part for part in common_of(told) if isinstance(part, str)]
        assert max(map(len, texts)) <= MOST_CHARACTERS


@pytest.mark.parametrize(
    ("path", "method", "name", "route"),
    [
        ("/api/tags", "GET", "GET /api/tags", "/api/tags"),
        ("/api/pull", "POST", "POST /api/pull", "/api/pull"),
        (CHAT, "OPTIONS", "OPTIONS /api/chat", CHAT),
        ("/secret/path", "GET", "GET", None),
        ("/v1/secret", "GET", "GET", None),
        (CHAT, "other", "HTTP /api/chat", CHAT),
        ("/secret", "other", "HTTP", None),
    ],
)
def test_what_asks_no_model_is_told_as_http(
    path: str, method: str, name: str, route: str | None
) -> None:
    told = story(path, method)
    assert common_of(told).name == name
    found = said(told)
    assert found["http.request.method"] == ("_OTHER" if method == "other" else method)
    assert (found.get("http.route"), found.get("url.path")) == (route, route)
    assert found["url.scheme"] == "http"
    assert not [key for key in found if key.startswith(("gen_ai.", "server."))]
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    "path", ["/v1/models/secret", "/api/blobs/secret", "/api/user/keys/secret"]
)
def test_of_a_path_that_holds_a_name_or_a_key_the_route_alone_is_told(path: str) -> None:
    found = said(story(path, "GET"))
    assert found["http.route"] == endpoint_of(path).template
    assert "url.path" not in found
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("facts", "streamed"),
    [
        ({"meter": answer(b'{"message":{"content":"a"}}\n')}, True),
        ({"meter": answer(b'{"message":{"content":"a"},"done":true}', Framing.JSON)}, False),
        ({"facts": RequestFacts(stream=True), "upstream_status": 500}, True),
        ({"facts": RequestFacts(stream=False), "upstream_status": 500}, False),
        ({"path": "/api/pull", "facts": RequestFacts(stream=True)}, False),
    ],
)
def test_a_stream_is_told_as_one(facts: dict[str, Any], streamed: bool) -> None:
    assert said(story(**facts)).get("gen_ai.request.stream") == (True if streamed else None)


def test_a_model_that_computes_elsewhere_is_told_as_one() -> None:
    assert said(story(is_cloud=True))["ollama.location"] == "cloud"
    assert "ollama.location" not in said(story())


def test_who_asked_is_told_where_somebody_asked_for_that() -> None:
    assert said(story(user="alice"))["ollama.proxy.user"] == "alice"
    for nobody in ("", "none", "other"):
        assert "ollama.proxy.user" not in said(story(user=nobody))


def test_a_model_that_was_loaded_has_no_reason_why_its_answer_ended() -> None:
    loaded = b'{"model":"m","message":{"content":""},"done":true,"done_reason":"load"}\n'
    assert "gen_ai.response.finish_reasons" not in said(story(meter=answer(loaded)))
