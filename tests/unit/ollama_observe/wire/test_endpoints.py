"""Paths become a closed set of labels."""

import pytest

from ollama_observe.wire.endpoints import (
    ENDPOINTS,
    OTHER,
    Answer,
    Dialect,
    dialect_of,
    endpoint_of,
    endpoint_of_target,
    path_of_target,
)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/api/chat", "/api/chat"),
        ("/api/blobs/sha256:0123", "/api/blobs/:digest"),
        ("/v1/models", "/v1/models"),
        ("/v1/models/hf.co/someone/model:Q4", "/v1/models/:model"),
        ("/api/user/keys/c2VjcmV0", "/api/user/keys/:key"),
        ("/api/chat/", "other"),
        ("/api/nothing", "other"),
        ("//api/chat", "other"),
        ("", "other"),
    ],
)
def test_a_path_becomes_its_template(path: str, template: str) -> None:
    assert endpoint_of(path).template == template


def test_nothing_a_client_can_write_adds_a_template() -> None:
    known = {endpoint.template for endpoint in ENDPOINTS}
    invented = [f"/api/blobs/{i}" for i in range(50)] + [f"/{i}" for i in range(50)]
    assert {endpoint_of(path).template for path in invented} <= known


def test_templates_are_unique() -> None:
    templates = [endpoint.template for endpoint in ENDPOINTS]
    assert len(templates) == len(set(templates))


def test_an_endpoint_knows_its_dialect_and_answer() -> None:
    assert endpoint_of("/v1/messages").dialect is Dialect.ANTHROPIC
    assert endpoint_of("/v1/chat/completions").answer is Answer.OPENAI_CHAT
    assert endpoint_of("/api/generate").is_metered
    assert not endpoint_of("/api/tags").is_metered
    assert not OTHER.has_model


@pytest.mark.parametrize(
    ("path", "operation", "is_metered"),
    [
        ("/api/pull", "pull", True),
        ("/api/push", "push", True),
        ("/api/create", "create", True),
        ("/api/blobs/sha256:0123", "upload", False),
        ("/api/chat", "", True),
        ("/api/copy", "", False),
    ],
)
def test_what_moves_a_model_says_how(path: str, operation: str, is_metered: bool) -> None:
    endpoint = endpoint_of(path)
    assert endpoint.operation == operation
    assert endpoint.is_metered is is_metered
    assert (endpoint.answer is Answer.PROGRESS) is (operation in ("pull", "push", "create"))


def test_every_kind_of_answer_belongs_to_one_route() -> None:
    answers = [endpoint.answer for endpoint in ENDPOINTS if endpoint.answer is not Answer.NONE]
    answers = [answer for answer in answers if answer is not Answer.PROGRESS]
    assert sorted([*answers, Answer.PROGRESS, Answer.NONE]) == sorted(Answer)


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/chat/completions", Dialect.OPENAI),
        ("/v1/messages", Dialect.ANTHROPIC),
        ("/v1/messages/count_tokens", Dialect.ANTHROPIC),
        ("/v1/messagesx", Dialect.OPENAI),
        ("/v1/images/generations", Dialect.OPENAI),
        ("/v1/", Dialect.OPENAI),
        ("/v1", Dialect.NATIVE),
        ("/v10/x", Dialect.NATIVE),
        ("/api/tomorrow", Dialect.NATIVE),
        ("", Dialect.NATIVE),
    ],
)
def test_a_path_tells_what_its_client_speaks_also_where_nothing_is_served(
    path: str, dialect: Dialect
) -> None:
    assert dialect_of(endpoint_of(path), path) is dialect


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/a%2Fb?c=/d", "/a/b"),
        (b"http://h/a?x", "/a"),
        (b"http://h", "/"),
        (b"http://h?x", "/"),
        (b"*", ""),
        (b"a/b", ""),
        (b"", ""),
    ],
)
def test_a_target_has_a_path_however_it_is_written(target: bytes, path: str) -> None:
    assert path_of_target(target) == path


@pytest.mark.parametrize(
    ("target", "template"),
    [
        (b"/api/chat", "/api/chat"),
        (b"/api/chat?x=1&y=/api/generate", "/api/chat"),
        (b"/api/ch%61t", "/api/chat"),
        (b"http://proxy:11435/api/chat?x", "/api/chat"),
        (b"http://proxy:11435", "/"),
        (b"/v1/models/a%2Fb?x=1", "/v1/models/:model"),
        (b"/api/user/keys/secret", "/api/user/keys/:key"),
        (b"/api/blobs/sha256:1", "/api/blobs/:digest"),
        (b"/invented/\xff%ff", "other"),
        (b"*", "other"),
        (b"", "other"),
    ],
)
def test_a_target_is_a_route_whatever_its_form(target: bytes, template: str) -> None:
    assert endpoint_of_target(target).template == template
