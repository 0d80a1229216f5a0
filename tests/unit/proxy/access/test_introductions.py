"""Without keys a trusted address says who asks, and nobody is refused."""

from proxy.access.introductions import Introduction
from proxy.access.trust import Trust
from tests.gatehouse import TRUSTED, USER_HEADER, Gatehouse, lines_of


def test_a_name_counts_from_a_trusted_address_and_nobody_is_kept_out() -> None:
    house = Gatehouse()
    threshold = Introduction(Trust(TRUSTED, USER_HEADER.decode()))
    found = []
    for peer in (TRUSTED, "192.0.2.1"):
        head = house.head(key="anybody", user="alice", peer=peer)
        recorder = house.observer.begin(head.method, head.target, head.headers, 0.0)
        threshold(head, recorder)
        grant = recorder.story.grant
        found.append((recorder.story.user, head.caller, grant and grant.user))
        assert grant is None or (grant.may_manage and not grant.is_held_to_models)
        assert b"authorization" in lines_of(head)
    assert found == [("alice", b"alice", "alice"), ("none", b"", None)]


def test_who_cannot_be_read_is_nobody_and_not_kept_out() -> None:
    house = Gatehouse()
    threshold = Introduction(Trust(TRUSTED, USER_HEADER.decode()))
    for head in (house.head(user="x" * 121), house.head(USER_HEADER + b": bob", user="alice")):
        recorder = house.observer.begin(head.method, head.target, head.headers, 0.0)
        threshold(head, recorder)
        assert recorder.story.grant is None
        assert head.caller == b""
