"""Users: hashed or by alias, bounded, and never what identifies them."""

import hashlib
from pathlib import Path

import pytest
from pydantic import SecretStr

from proxy.settings import ProxySettings
from proxy.users import Users, read_aliases

KEY = "sk-very-secret"


def users(**settings: object) -> Users:
    return Users(ProxySettings.model_validate(settings), lambda: None)


@pytest.fixture
def aliases(tmp_path: Path) -> Path:
    path = tmp_path / "aliases"
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    path.write_text(f"# who\n\nteam-a {digest.upper()}  # since May\n", encoding="utf-8")
    return path


def test_nobody_is_told_apart_unless_somebody_asks_for_it() -> None:
    assert not users().is_on
    assert users(user_header="X-User").is_on


def test_where_keys_or_addresses_tell_who_asks_there_are_users(tmp_path: Path) -> None:
    for told in ({"api_keys_file": tmp_path / "keys"}, {"trusted_addresses": "::1"}):
        found = users(**told)
        assert found.is_on
        assert found.of({b"authorization": b"Bearer " + KEY.encode()}) == "none"
        assert found.label("alice", is_proven=False) == "other"
        assert found.label("alice", is_proven=True) == "alice"


def test_a_header_is_hashed_with_the_operators_salt() -> None:
    salted = users(user_header="X-User", user_salt=SecretStr("salt"))
    expected = hashlib.blake2b(b"alice", key=b"salt", digest_size=8).hexdigest()
    assert salted.of({b"x-user": b"alice"}) == expected
    other = users(user_header="X-User", user_salt=SecretStr("pepper" * 20))
    assert other.of({b"x-user": b"alice"}) not in ("alice", expected)
    assert salted.of({}) == "none"


@pytest.mark.parametrize(
    ("headers", "user"),
    [
        ({b"authorization": b"Bearer " + KEY.encode()}, "team-a"),
        ({b"authorization": b"bearer  " + KEY.encode()}, "team-a"),
        ({b"x-api-key": KEY.encode()}, "team-a"),
        ({b"api-key": KEY.encode()}, "team-a"),
        ({b"authorization": b"Bearer sk-unknown"}, "other"),
        ({b"authorization": b"Basic abc"}, "none"),
        ({}, "none"),
    ],
)
def test_a_key_has_the_alias_of_its_hash(
    aliases: Path, headers: dict[bytes, bytes], user: str
) -> None:
    assert users(user_aliases_file=aliases).of(headers) == user


def test_the_header_counts_where_it_is_sent_and_the_key_elsewhere(aliases: Path) -> None:
    both = users(user_aliases_file=aliases, user_header="X-User")
    key = {b"x-api-key": KEY.encode()}
    assert both.of(key) == "team-a"
    assert both.of({**key, b"x-user": b"alice"}) == users(user_header="X-User").of(
        {b"x-user": b"alice"}
    )


def test_a_user_becomes_a_label_once_the_upstream_has_answered_and_there_is_room() -> None:
    overflows: list[int] = []
    settings = ProxySettings(user_header="X-User", user_label_limit=1)
    bounded = Users(settings, lambda: overflows.append(1))
    assert bounded.label("a", is_proven=False) == "other"
    assert bounded.label("a", is_proven=True) == "a"
    assert bounded.label("a", is_proven=False) == "a"
    assert bounded.label("b", is_proven=True) == "other"
    assert len(overflows) == 1
    assert bounded.label("none", is_proven=True) == "none"


@pytest.mark.parametrize("line", [f"alice {KEY}", "alice", f"other {'0' * 64}", f"a b {'0' * 64}"])
def test_a_line_that_is_no_alias_is_refused_by_its_number_alone(tmp_path: Path, line: str) -> None:
    path = tmp_path / "aliases"
    path.write_text(f"# first\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2: expected an alias") as refused:
        read_aliases(path)
    assert KEY not in str(refused.value)
