"""Whose a request is, and of which class."""

import pytest

from proxy.heads import RequestHead, read_request
from proxy.queue.callers import Callers
from proxy.queue.priorities import Priority, UnknownPriority


def head(*lines: str, peer: str = "") -> RequestHead:
    raw = "\r\n".join(["POST /api/chat HTTP/1.1", "Host: h", *lines, "Content-Length: 2"])
    found = read_request(raw.encode())
    found.peer = peer
    return found


def callers(client: str = "X-Client", priority: str = "X-Priority") -> Callers:
    return Callers(client, priority, Priority.NORMAL)


def test_an_alias_and_a_header_say_whose_a_request_is_and_else_the_address() -> None:
    one = callers()
    names = [
        one.client_of(head("x-client: ann", peer="10.0.0.1"), "ann"),
        one.client_of(head("x-client: ann", peer="10.0.0.1"), "bob"),
        one.client_of(head("x-client: ann", peer="10.0.0.1")),
        one.client_of(head(peer="10.0.0.1"), "ann"),
        one.client_of(head(peer="10.0.0.1")),
        one.client_of(head()),
    ]
    assert len(set(names)) == 6
    assert names[3:] == ["alias ann", "10.0.0.1", ""]


def test_an_alias_and_a_header_do_not_run_into_one_another() -> None:
    one = callers()
    assert one.client_of(head("x-client: b c"), "a") != one.client_of(head("x-client: c"), "a b")
    assert one.client_of(head("x-client: 1x"), "") != one.client_of(head("x-client: x"), "1")


@pytest.mark.parametrize("field", ["Authorization: Bearer", "x-api-key:", "api-key:"])
def test_nobody_is_many_by_keys_that_it_makes_up(field: str) -> None:
    one = callers()
    made_up = {one.client_of(head(f"{field} {n}", peer="10.0.0.1")) for n in range(9)}
    assert made_up == {"10.0.0.1"}


def test_keys_tell_clients_apart_where_the_operator_says_so() -> None:
    one = callers(client="Authorization")
    mine, yours = (one.client_of(head(f"Authorization: Bearer {n}")) for n in ("a", "b"))
    assert mine != yours


def test_a_client_is_the_same_each_time_and_another_is_not() -> None:
    one = callers()
    assert one.client_of(head("X-Client: a")) == one.client_of(head("X-CLIENT: a"))
    assert one.client_of(head("X-Client: a")) != one.client_of(head("X-Client: b"))


def test_nothing_that_identifies_a_client_is_kept() -> None:
    one = callers()
    assert "secret" not in one.client_of(head("X-Client: secret"))
    assert callers().client_of(head("X-Client: a")) != one.client_of(head("X-Client: a"))


def test_a_header_that_is_not_named_is_not_read() -> None:
    assert callers(client="").client_of(head("X-Client: a")) == ""
    found = head("X-Priority: high")
    assert callers(priority=" ").priority_of(found) is Priority.NORMAL
    assert b"X-Priority: high" in found.passing


def test_a_class_is_read_and_goes_no_further() -> None:
    found = head("X-Priority: low", "X-Other: 1")
    assert callers().priority_of(found) is Priority.LOW
    assert found.passing == [b"Host: h", b"X-Other: 1", b"Content-Length: 2"]
    assert callers().priority_of(head()) is Priority.NORMAL


@pytest.mark.parametrize(
    ("said", "given", "found"),
    [
        ("", Priority.LOW, Priority.LOW),
        ("", Priority.HIGH, Priority.HIGH),
        ("X-Priority: high", Priority.LOW, Priority.LOW),
        ("X-Priority: low", Priority.HIGH, Priority.LOW),
        ("X-Priority: normal", Priority.HIGH, Priority.NORMAL),
    ],
)
def test_nobody_is_of_a_higher_class_than_its_key_gives(
    said: str, given: Priority, found: Priority
) -> None:
    assert callers().priority_of(head(*filter(None, [said])), given) is found


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["X-Priority: urgent"], "X-Priority: expected high, normal or low, found 'urgent'"),
        (["X-Priority: low", "x-priority: low"], "X-Priority: expected it once"),
    ],
)
def test_what_is_no_class_is_the_clients_mistake(lines: list[str], said: str) -> None:
    with pytest.raises(UnknownPriority, match=said):
        callers().priority_of(head(*lines))
