"""The gate: who is let in, with what, and what goes on of it."""

import pytest

from proxy.access.denials import Denial, Reason
from proxy.access.entries import Entry, Limits
from proxy.access.patterns import Patterns
from proxy.heads import RequestHead
from proxy.outcomes import Ending
from tests.gatehouse import USER_HEADER, Gatehouse, an_entry, key_of, lines_of

LLAMA = Patterns(("llama3*",))


def denied(house: Gatehouse, *lines: bytes, **told: object) -> Reason:
    with pytest.raises(Denial) as refused:
        house.comes(house.head(*lines, **told))  # type: ignore[arg-type]
    return refused.value.reason


# keys


@pytest.mark.parametrize(
    "line",
    [
        b"Authorization: Bearer %s",
        b"authorization:bearer %s",
        b"X-Api-Key: %s",
        b"api-key:  %s ",
    ],
)
def test_a_key_lets_in_wherever_clients_put_it(line: bytes) -> None:
    house = Gatehouse(an_entry("alice", priority="low"))
    head = house.head(line % key_of("alice"))
    story = house.comes(head).story
    assert (story.user, story.priority, head.caller) == ("alice", "low", b"alice")
    assert story.grant is not None
    assert house.in_flight("alice") == [1]


def test_no_key_goes_on_nor_any_other_credential_that_is_for_us() -> None:
    house = Gatehouse(an_entry("alice"))
    head = house.head(
        b"authorization: Bearer " + key_of("alice"),
        b"X-Api-Key: another",
        b"Api-Key: " + key_of("alice"),
        b"AUTHORIZATION: Basic twice",
        b"Cookie: a=b",
    )
    house.comes(head)
    assert lines_of(head) == [b"host", b"cookie"]
    assert set(head.headers) == {b"host", b"cookie"}


def test_who_brings_none_or_anothers_is_not_let_in() -> None:
    house = Gatehouse(an_entry("alice"), Entry("bob"))
    assert denied(house) is Reason.MISSING
    assert denied(house, b"Authorization: Bearer") is Reason.MISSING
    assert denied(house, b"Authorization: Basic b25l") is Reason.MISSING
    assert denied(house, key="mallory") is Reason.UNKNOWN
    assert denied(house, b"x-api-key: ") is Reason.MISSING
    assert house.refused(user="none", reason="missing") == 4
    assert house.refused(user="none", reason="unknown") == 1
    assert house.in_flight("alice", "bob") == [0, 0]


def test_of_several_keys_one_that_is_known_is_enough() -> None:
    house = Gatehouse(an_entry("alice"))
    lines = (b"Authorization: Bearer sk-theirs", b"x-api-key: " + key_of("alice"))
    assert house.comes(house.head(*lines)).story.user == "alice"


def test_a_key_ends_with_its_time() -> None:
    house = Gatehouse(an_entry("alice", expires_at=1_795_435_300.0))
    house.comes(house.head(key="alice"))
    house.wall.now += 100
    assert denied(house, key="alice") is Reason.EXPIRED


def test_keys_change_while_requests_come() -> None:
    house = Gatehouse(an_entry("alice"))
    house.comes(house.head(key="alice"))
    house.ring = Gatehouse(an_entry("bob")).ring
    assert denied(house, key="alice") is Reason.UNKNOWN
    assert house.comes(house.head(key="bob")).story.user == "bob"
    assert house.in_flight("alice") == [1]


def test_a_browser_asks_first_without_a_key_and_nothing_is_counted() -> None:
    house = Gatehouse(an_entry("alice"))
    lines = (b"Origin: http://a", b"Access-Control-Request-Method: POST")
    story = house.comes(house.head(*lines, asked=b"OPTIONS /api/chat")).story
    assert story.grant is None
    assert denied(house, lines[0], asked=b"OPTIONS /api/chat") is Reason.MISSING
    for body in (b"Content-Length: 1", b"Transfer-Encoding: chunked"):
        assert denied(house, *lines, body, asked=b"OPTIONS /api/chat") is Reason.MISSING


def test_what_is_let_by_without_a_look_at_its_key_carries_none_either() -> None:
    house = Gatehouse(an_entry("alice"))
    lines = (b"Origin: http://a", b"Access-Control-Request-Method: POST")
    head = house.head(*lines, b"X-Api-Key: oo-x", key="alice", asked=b"OPTIONS /api/chat")
    house.comes(head)
    assert lines_of(head) == [b"host", b"origin", b"access-control-request-method"]
    assert set(head.headers) == {b"host", b"origin", b"access-control-request-method"}


def test_what_is_no_request_is_left_to_who_refuses_it() -> None:
    house = Gatehouse(an_entry("alice"))
    assert house.comes(RequestHead(b"", b"", b"HTTP/1.1", {}, [], 0, False)).story.grant is None
    assert house.refused(user="none", reason="missing") is None


# routes and models


@pytest.mark.parametrize(
    "asked",
    [
        b"POST /api/pull",
        b"DELETE /api/delete",
        b"POST /api/%63reate",
        b"POST /api/blobs/sha256:1",
        b"GET /debug/pprof/heap",
        b"POST /api/tomorrow",
        b"POST /api/tags",
        b"PUT /v1/models",
        b"DELETE /v1/models/llama3",
        b"GET /v1/models/../../api/me",
        b"GET /v1/models/%2E%2e/pull",
    ],
)
def test_what_is_no_question_takes_a_key_that_may_manage(asked: bytes) -> None:
    house = Gatehouse(an_entry("alice"), an_entry("root", manage=True))
    assert denied(house, key="alice", asked=asked) is Reason.MANAGE
    assert house.refused(user="alice", reason="manage") == 1
    assert house.comes(house.head(key="root", asked=asked)).story.user == "root"


@pytest.mark.parametrize("asked", [b"GET /", b"HEAD /", b"GET /api/tags", b"GET /v1/models"])
def test_lists_are_for_any_key(asked: bytes) -> None:
    house = Gatehouse(an_entry("alice", models=LLAMA))
    assert house.comes(house.head(key="alice", asked=asked)).story.user == "alice"
    assert denied(house, asked=asked) is Reason.MISSING


def test_a_model_in_a_path_is_seen_there() -> None:
    house = Gatehouse(an_entry("alice", models=LLAMA), an_entry("bob"))
    house.comes(house.head(key="alice", asked=b"GET /v1/models/llama3.2"))
    house.comes(house.head(key="bob", asked=b"GET /v1/models/qwen3"))
    for path in (b"qwen3", b"", b"llama3%2Fx"):
        assert denied(house, key="alice", asked=b"GET /v1/models/" + path) is Reason.MODEL
    assert denied(house, key="bob", asked=b"GET /v1/models/llama3/../qwen3") is Reason.MANAGE


def test_what_cannot_be_looked_into_is_refused_by_its_head() -> None:
    house = Gatehouse(an_entry("alice", models=LLAMA), an_entry("bob"))
    line = b"Content-Encoding: zstd"
    assert denied(house, line, key="alice") is Reason.MODEL
    assert house.comes(house.head(line, key="bob")).story.user == "bob"
    house.comes(house.head(line, key="alice", asked=b"GET /api/tags"))


STEERING = (b"x-portkey-config: {}", b"X-Portkey-Custom-Host: http://10.0.0.1", b"x-portkey-new: 1")


@pytest.mark.parametrize("asked", [b"POST /api/chat", b"GET /api/tags", b"GET /v1/models/llama3"])
def test_who_tells_the_gateway_what_to_do_must_be_one_who_may_manage(asked: bytes) -> None:
    entries = (an_entry("alice", models=LLAMA), an_entry("bob"), an_entry("root", manage=True))
    house, deaf = Gatehouse(*entries, gateway_reads_headers=True), Gatehouse(*entries)
    for line in STEERING:
        assert denied(house, line, key="alice", asked=asked) is Reason.MANAGE
        assert denied(house, line, key="bob", asked=asked) is Reason.MANAGE
        house.comes(house.head(line, key="root", asked=asked))
        for alias in ("alice", "bob"):  # where it listens to nobody that goes no further
            deaf.comes(deaf.head(line, key=alias, asked=asked))
    harmless = (b"x-portkey-trace-id: 1", b"x-portkey-metadata: {}")
    house.comes(house.head(*harmless, b"x-portkey-cache-force-refresh: 1", key="bob", asked=asked))


def test_a_browsers_own_question_tells_the_gateway_nothing() -> None:
    lines = (b"Origin: http://a", b"Access-Control-Request-Method: POST", STEERING[0])
    for hears, house in ((True, Gatehouse(gateway_reads_headers=True)), (False, Gatehouse())):
        head = house.head(*lines, asked=b"OPTIONS /api/chat")
        if hears:
            assert denied(house, *lines, asked=b"OPTIONS /api/chat") is Reason.MISSING
        else:
            assert house.comes(head).story.grant is None


# limits


def test_a_limit_holds_for_an_alias_and_lets_in_again() -> None:
    house = Gatehouse(an_entry("alice", limits=Limits(max_in_flight=1)), an_entry("bob"))
    first = house.comes(house.head(key="alice"))
    assert denied(house, key="alice") is Reason.IN_FLIGHT
    assert house.comes(house.head(key="bob")).story.user == "bob"
    assert house.refused(user="alice", reason="in_flight") == 1
    first.finish(1.0, Ending.COMPLETE)
    house.comes(house.head(key="alice"))
    assert house.in_flight("alice") == [1]
    assert house.counts.totals(house.counts.place("alice")).refused == 1


def test_what_is_refused_counts_for_no_limit() -> None:
    house = Gatehouse(an_entry("alice", limits=Limits(requests_per_minute=1)))
    assert denied(house, key="alice", asked=b"POST /api/pull") is Reason.MANAGE
    house.comes(house.head(key="alice"))
    for _ in range(3):
        assert denied(house, key="alice") is Reason.REQUESTS
    house.clock.now += 60
    house.comes(house.head(key="alice"))


# users whom a trusted address names


def test_a_user_with_an_entry_needs_no_key_from_a_trusted_address() -> None:
    house = Gatehouse(Entry("alice@example.org", priority="high"))
    head = house.head(user="alice@example.org")
    story = house.comes(head).story
    assert (story.user, story.priority) == ("alice@example.org", "high")
    assert b"x-openwebui-user-email" in lines_of(head)
    for told in ({"peer": "10.0.0.8"}, {"peer": ""}):
        assert denied(house, user="alice@example.org", **told) is Reason.MISSING
    assert denied(house, user="bob@example.org") is Reason.MISSING


def test_the_entry_of_all_others_lets_in_whom_a_trusted_address_names() -> None:
    house = Gatehouse(Entry("*", models=LLAMA, limits=Limits(max_in_flight=1)), an_entry("alice"))
    bob = house.comes(house.head(user="bob@example.org"))
    house.comes(house.head(user="carol@example.org"))
    assert bob.story.user == "bob@example.org"
    assert bob.story.grant is not None and bob.story.grant.is_held_to_models
    assert denied(house, user="bob@example.org") is Reason.IN_FLIGHT
    assert house.refused(user="other", reason="in_flight") == 1
    assert denied(house) is Reason.MISSING
    assert denied(house, user="*") is Reason.USER


@pytest.mark.parametrize(
    ("lines", "user"),
    [
        ((), "x" * 121),
        ((), "a\tb"),
        ((), "none"),
        ((), "*"),
        ((USER_HEADER + b": bob",), "alice"),
        ((b"Connection: " + USER_HEADER,), "alice"),
    ],
)
def test_a_user_who_cannot_be_read_gets_by_no_limit_of_his(
    lines: tuple[bytes, ...], user: str
) -> None:
    house = Gatehouse(an_entry("web"), Entry("alice", models=LLAMA), Entry("*"))
    for key in ("web", ""):
        with pytest.raises(Denial, match="it cannot be read whom: expected") as refused:
            house.comes(house.head(*lines, key=key, user=user))
        assert refused.value.reason is Reason.USER
        assert refused.value.ending is Ending.REFUSED_ACCESS
    assert house.refused(user="none", reason="user") == 2
    story = house.comes(house.head(*lines, key="web", user=user, peer="192.0.2.1")).story
    assert story.user == "web"


def test_a_name_is_not_read_as_another() -> None:
    house = Gatehouse(Entry("bob@example.org"), an_entry("web"))
    assert denied(house, user="b%6fb@example.org") is Reason.MISSING
    assert house.comes(house.head(key="web", user="b%6fb@example.org")).story.user != (
        "bob@example.org"
    )


def test_a_users_entry_ends_with_its_time_whatever_the_key() -> None:
    house = Gatehouse(Entry("alice", expires_at=1.0), an_entry("web"))
    assert denied(house, user="alice") is Reason.EXPIRED
    assert denied(house, user="alice", key="web") is Reason.EXPIRED


def test_with_key_and_user_both_must_be_good_for_it_and_it_counts_for_both() -> None:
    house = Gatehouse(
        an_entry("web", limits=Limits(max_in_flight=2)),
        Entry("alice", models=LLAMA, limits=Limits(max_in_flight=1)),
        Entry("*"),
    )
    head = house.head(key="web", user="alice")
    story = house.comes(head).story
    assert (story.user, head.caller) == ("alice", b"web\nalice")
    assert story.grant is not None and story.grant.is_held_to_models
    assert house.in_flight("web", "alice") == [1, 1]
    assert denied(house, key="web", user="alice") is Reason.IN_FLIGHT
    house.comes(house.head(key="web", user="bob"))
    assert denied(house, key="web", user="carol") is Reason.IN_FLIGHT
    assert house.in_flight("web", "alice", "bob", "carol") == [2, 1, 1, 0]


def test_of_a_user_without_an_entry_the_key_decides() -> None:
    house = Gatehouse(an_entry("web", manage=True, models=None), an_entry("small", models=LLAMA))
    story = house.comes(house.head(key="web", user="dave", asked=b"POST /api/pull")).story
    assert story.user == "dave"
    assert house.in_flight("web", "dave") == [1, 1]
    grant = house.comes(house.head(key="small", user="dave")).story.grant
    assert grant is not None and not grant.may_ask("qwen3")
    assert denied(house, key="small", user="dave", asked=b"POST /api/pull") is Reason.MANAGE


def test_a_key_that_is_not_known_is_refused_whoever_is_named() -> None:
    house = Gatehouse(Entry("*"))
    assert denied(house, key="mallory", user="alice") is Reason.UNKNOWN


def test_who_names_himself_from_elsewhere_is_who_his_key_says() -> None:
    house = Gatehouse(an_entry("mallory"), an_entry("alice"))
    head = house.head(key="mallory", user="alice", peer="192.0.2.1")
    assert house.comes(head).story.user == "mallory"
    assert head.caller == b"mallory"


def test_whose_key_names_himself_counts_once() -> None:
    house = Gatehouse(an_entry("alice", limits=Limits(max_in_flight=2)))
    house.comes(house.head(key="alice", user="alice"))
    assert house.in_flight("alice") == [1]
