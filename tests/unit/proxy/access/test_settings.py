"""The settings of access: off unless somebody asks for it."""

import pytest

from proxy.settings import ProxySettings


def test_nobody_is_asked_for_a_key_and_nobody_is_trusted_by_default() -> None:
    settings = ProxySettings()
    assert settings.api_keys_file is None
    assert settings.trusted_addresses == ""
    assert not settings.knows_callers


@pytest.mark.parametrize(
    "told", [{"api_keys_file": "keys.toml"}, {"trusted_addresses": "10.0.0.1"}]
)
def test_keys_and_trusted_addresses_each_tell_who_asks(told: dict[str, str]) -> None:
    assert ProxySettings.model_validate(told).knows_callers
    assert not ProxySettings.model_validate({"trusted_addresses": " "}).knows_callers
