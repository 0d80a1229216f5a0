"""What of access there is, for which settings."""

from pathlib import Path

import pytest

from proxy.access.counts import table_bytes
from proxy.access.gate import Gate
from proxy.access.introductions import Introduction
from proxy.access.making import access_bytes, create_access, keys_of
from proxy.settings import ProxySettings
from proxy.shared import Shared
from tests.ledgers import ReadLedger


def settings(**told: object) -> ProxySettings:
    return ProxySettings.model_validate(told)


def test_without_a_wish_there_is_nothing() -> None:
    assert create_access(settings(), ReadLedger().ledger, Shared()) is None
    assert access_bytes(settings()) == 0
    assert keys_of(settings()) is None


def test_trusted_addresses_alone_ask_nobody_for_a_key() -> None:
    access = create_access(settings(trusted_addresses="::1"), ReadLedger().ledger, Shared())
    assert access is not None
    assert isinstance(access.threshold, Introduction)
    assert (access.bends, access.counts, access.keeper) == ((), None, None)
    assert access_bytes(settings(trusted_addresses="::1")) == 0


async def test_with_a_file_of_keys_there_is_a_gate_over_shared_numbers(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("[alice]\n", encoding="utf-8")
    told = settings(api_keys_file=path, workers=2, portkey_client_headers=True)
    assert access_bytes(told) == table_bytes(2)
    shared = Shared(access_bytes=access_bytes(told))
    access = create_access(told, ReadLedger().ledger, shared, index=1)
    assert access is not None and access.keeper is not None and access.counts is not None
    assert isinstance(access.threshold, Gate)
    assert access.threshold.gateway_reads_headers
    assert len(access.bends) == 1
    await access.keeper.look()
    assert [entry.alias for entry in access.threshold.ring().entries] == ["alice"]
    assert [alias for alias, _ in access.counts.aliases()] == ["alice"]  # its place is kept
    access.counts.enter(access.counts.place("alice"))
    assert any(shared.access)


def test_keys_have_their_aliases_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("[alice]\n", encoding="utf-8")
    ring = keys_of(settings(api_keys_file=path))
    assert ring is not None and len(ring.entries) == 1
    with pytest.raises(ValueError, match="expected no PROXY_USER_ALIASES_FILE beside it"):
        keys_of(settings(api_keys_file=path, user_aliases_file=path))
