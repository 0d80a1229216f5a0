"""Who asks, by the word of trusted addresses; of others a header says nothing."""

import pytest

from proxy.access.trust import Trust, UnreadableUser, read_user
from proxy.heads import RequestHead, read_request

HEADER = "X-OpenWebUI-User-Email"


def head(peer: str, *lines: bytes) -> RequestHead:
    found = read_request(b"\r\n".join([b"GET / HTTP/1.1", *lines]))
    found.peer = peer
    return found


ALICE = b"X-OpenWebUI-User-Email: alice@example.org"


@pytest.mark.parametrize(
    ("addresses", "peer", "user"),
    [
        ("10.0.0.7", "10.0.0.7", "alice@example.org"),
        ("10.0.0.7", "10.0.0.8", ""),
        ("10.0.0.0/8, 192.168.1.1", "10.255.1.2", "alice@example.org"),
        ("10.0.0.0/8, 192.168.1.1", "192.168.1.1", "alice@example.org"),
        ("10.0.0.0/8,192.168.1.1", "192.168.1.2", ""),
        ("10.0.0.0/8", "::ffff:10.0.0.1", "alice@example.org"),
        ("::1", "::1", "alice@example.org"),
        ("fe80::/10", "fe80::1%eth0", "alice@example.org"),
        ("::1", "127.0.0.1", ""),
        ("10.0.0.7", "", ""),
        ("10.0.0.7", "/run/socket", ""),
        ("", "10.0.0.7", ""),
        (" , ", "10.0.0.7", ""),
    ],
)
def test_a_name_counts_from_a_trusted_address_alone(addresses: str, peer: str, user: str) -> None:
    trust = Trust(addresses, HEADER)
    assert trust.user_of(head(peer, ALICE)) == user
    assert trust.user_of(head(peer, ALICE)) == user  # also when it is asked again
    assert trust.user_of(head(peer)) == ""


@pytest.mark.parametrize(
    ("addresses", "is_everybody"),
    [("0.0.0.0/0", True), ("10.0.0.1,::/0", True), ("10.0.0.0/8", False), ("", False)],
)
def test_a_network_of_all_is_known_as_such(addresses: str, is_everybody: bool) -> None:
    assert Trust(addresses, HEADER).is_everybody is is_everybody


@pytest.mark.parametrize(
    "lines",
    [
        (ALICE, b"x-openwebui-user-email:mallory"),
        (ALICE, ALICE),
        (b"X-OpenWebUI-User-Email:", ALICE),
        (ALICE, b"Connection: X-OpenWebUI-User-Email"),
        (ALICE, ALICE, b"Connection: keep-alive, x-openwebui-user-email"),
    ],
)
def test_a_field_that_comes_twice_or_belongs_to_the_connection_is_not_nobodys(
    lines: tuple[bytes, ...],
) -> None:
    trust = Trust("::1", HEADER)
    with pytest.raises(UnreadableUser, match="expected it once"):
        trust.user_of(head("::1", *lines))
    assert trust.user_of(head("::2", *lines)) == ""  # whose word counts for nothing


def test_an_empty_field_names_nobody_and_spaces_around_a_name_are_none_of_it() -> None:
    trust = Trust("::1", HEADER)
    assert trust.user_of(head("::1", b"X-OpenWebUI-User-Email:  ")) == ""
    assert trust.user_of(head("::1", b"x-OPENWEBUI-user-email:   bob  ")) == "bob"


@pytest.mark.parametrize(
    "header", ["Authorization", "x-api-key", "API-KEY", "Cookie", "Connection", "TE"]
)
def test_a_header_that_holds_secrets_says_nobodys_name(header: str) -> None:
    with pytest.raises(ValueError, match="expected a header that says who asks, found"):
        Trust("::1", header)
    assert Trust("", header).user_of(head("::1")) == ""  # whom nobody asks


@pytest.mark.parametrize("address", ["gpu-box", "10.0.0", "10.0.0.1/8", "10.0.0.1 10.0.0.2", "x/y"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"expected addresses or networks by commas.*found"):
        Trust(f"::1,{address}", HEADER)


@pytest.mark.parametrize("header", ["", " ", "X User", "X:User", "X-Usér"])
def test_what_is_no_header_is_refused_where_it_is_read(header: str) -> None:
    with pytest.raises(ValueError, match="expected the name of a header"):
        Trust("::1", header)
    assert Trust("", header).user_of(head("::1")) == ""  # whom nobody asks


def test_many_peers_are_remembered_and_not_without_end() -> None:
    trust = Trust("10.0.0.0/9", HEADER)
    for number in range(5000):
        peer = f"10.{number % 256}.{number // 256}.1"
        assert bool(trust.user_of(head(peer, ALICE))) is (number % 256 < 128)
    assert len(trust._known) < 2000


@pytest.mark.parametrize(
    "name",
    [
        *("alice", "alice@example.org", "Jürgen", "山田", "a b", "x" * 120, "ü" * 60),
        *("b%6fb@example.org", "J%C3%BCrgen M%C3%BCller", "100%", "%00", "%20", "%2A"),
        *("foo-bar@example.org", "too-", "None", "other one"),
    ],
)
def test_a_name_is_what_was_written_and_has_no_other_spelling(name: str) -> None:
    assert read_user(name.encode()) == name


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"", "expected 1 to 120 bytes"),
        (b"x" * 121, "expected 1 to 120 bytes"),
        ("ü".encode() * 61, "expected 1 to 120 bytes"),
        (b"\xff", "expected UTF-8"),
        (b"a\tb", "letters that can be seen"),
        (b"a\nb", "letters that can be seen"),
        (b"bob\0", "letters that can be seen"),
        (" bob", "letters that can be seen"),
        ("\u00a0bob", "letters that can be seen"),
        ("bob\u200b", "letters that can be seen"),
        ("\u202ebob", "letters that can be seen"),
        (b"none", "a name that stands for one user"),
        (b"other", "a name that stands for one user"),
        (b"*", "a name that stands for one user"),
        (b"oo-very-secret", "and no key"),
        (b"Bearer oo-very-secret", "and no key"),
    ],
)
def test_what_is_nobodys_name_for_certain_is_not_read_nor_repeated(
    value: bytes | str, said: str
) -> None:
    with pytest.raises(UnreadableUser, match=said) as refused:
        read_user(value.encode() if isinstance(value, str) else value)
    assert "bob" not in str(refused.value) and "secret" not in str(refused.value)
