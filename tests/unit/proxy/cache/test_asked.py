"""What a request asks: by what it is found, and what of it may be said in other words."""

from dataclasses import replace

import pytest

from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.asked import Asked, Reader, parse
from proxy.cache.keys import Keys
from proxy.cache.rules import Rules
from proxy.heads import read_request

RULES = Rules(
    request_limit_bytes=1000,
    answer_limit_bytes=1000,
    is_shared_by_callers=False,
    shares_flights=False,
    keeps_pace=False,
    user_header=b"",
    request_id_header=b"x-request-id",
)
CHAT = b'{"model":"m","messages":[{"role":"user","content":"%s"}]}'


def asked(
    body: bytes = CHAT % b"Why?",
    *lines: bytes,
    target: bytes = b"/api/chat",
    digest: str = "d1",
    signature: bytes = b"",
    rules: Rules = RULES,
    has_guard: bool = True,
) -> Asked:
    head = read_request(b"\r\n".join([b"POST " + target + b" HTTP/1.1", *lines]))
    parsed = parse(body)
    assert parsed is not None
    guard = (lambda text: text[-1:].encode()) if has_guard else None
    reader = Reader(Keys(b"secret"), rules, guard)
    endpoint = endpoint_of(target.decode().partition("?")[0])
    return reader.read(head, endpoint, parsed, digest, signature)


def test_the_same_request_has_the_same_name() -> None:
    assert asked() == asked(b' {"messages": [{"role":"user","content":"\\u0057hy?"}],"model":"m"}')
    assert asked() != asked(b'{"model":"m","messages":[{"content":"Why?","role":"user"}]}')


def test_all_that_may_change_the_answer_is_in_the_name() -> None:
    names = [
        asked(),
        asked(CHAT % b"Who?"),
        asked(target=b"/api/generate"),
        asked(target=b"/v1/chat/completions"),
        asked(target=b"/api/chat?a=1"),
        asked(target=b"/api/chat?a=2"),
        asked(digest="d2"),
        asked(signature=b"a configuration"),
        asked(CHAT % b"Why?", b"Authorization: Bearer one"),
        asked(CHAT % b"Why?", b"Authorization: Bearer two"),
        asked(CHAT % b"Why?", b"Origin: http://localhost:3000"),
        asked(CHAT % b"Why?", b"Host: elsewhere"),
    ]
    assert len({one.key for one in names}) == len(names)
    assert len({one.bucket for one in names if one.text == "Why?"}) == len(names) - 2


def test_callers_who_share_have_one_name_but_pages_have_their_own() -> None:
    rules = replace(RULES, is_shared_by_callers=True, user_header=b"x-user")
    first = asked(CHAT % b"Why?", b"Authorization: one", b"X-User: a", rules=rules)
    second = asked(CHAT % b"Why?", b"Authorization: two", b"X-User: b", rules=rules)
    page = asked(CHAT % b"Why?", b"Origin: http://localhost:3000", rules=rules)
    assert first == second
    assert page.key != first.key


def test_the_users_header_counts_where_one_is_set() -> None:
    rules = replace(RULES, user_header=b"x-user")
    assert asked(CHAT % b"Why?", b"X-User: a") == asked(CHAT % b"Why?", b"X-User: b")
    one, two = (asked(CHAT % b"Why?", b"X-User: " + name, rules=rules) for name in (b"a", b"b"))
    assert one.key != two.key


def test_a_question_is_told_apart_from_all_else_and_by_its_guard() -> None:
    why, wherefore = asked(CHAT % b"Why?"), asked(CHAT % b"Wherefore?")
    assert why.text == "Why?"
    assert why.bucket == wherefore.bucket != b""
    assert why.key != wherefore.key
    assert why.bucket != asked(CHAT % b"Why!").bucket


def test_without_a_guard_or_a_question_there_is_only_the_name() -> None:
    plain = asked(has_guard=False)
    embedding = asked(b'{"model":"m","input":"Why?"}', target=b"/api/embed")
    assert plain.key == asked().key
    assert [(one.text, one.bucket) for one in (plain, embedding)] == [("", b"")] * 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b'{"messages":[]}',
        b'{"model":""}',
        b'{"model":3}',
        b'{"model":null}',
        b'{"Model":"m"}',
        b'{"model":"m","MODEL":"n"}',
        b'{"model":"m\\u0000"}',
        b'{"model":"m","n":NaN}',
    ],
)
def test_a_body_that_names_no_model_for_certain_is_not_looked_for(body: bytes) -> None:
    assert parse(body) is None


def test_a_models_name_is_brought_to_one_spelling() -> None:
    parsed = parse(b'{"model":"registry.ollama.ai/library/M"}')
    assert parsed is not None
    assert parsed.model == "m:latest"
