"""What goes through the gateway, made of the settings."""

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.pool import create_pool
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.making import check_gateway, create_gateway, gateway_pool, read_config
from proxy.portkey.schema import ConfigError
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.ways import Direct

PLAIN = {"provider": "openai", "api_key": "k", "custom_host": "${ollama}"}


def settings(**told: object) -> ProxySettings:
    return ProxySettings.model_validate(told)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("portkey", "http://portkey:8787"),
        ("10.0.0.1", "http://10.0.0.1:8787"),
        ("::1", "http://[::1]:8787"),
    ],
)
def test_the_gateway_is_at_host_and_port(host: str, address: str) -> None:
    assert gateway_pool(settings(portkey_host=host)).address == address


def test_a_host_is_named_to_the_gateway_as_its_url_parser_would() -> None:
    assert gateway_pool(settings(portkey_host="Portkey")).authority == b"portkey:8787"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(PLAIN))
    return path


def test_a_configuration_is_read_where_one_is_named(file: Path) -> None:
    assert read_config(settings(enable_portkey=True)) is None
    found = read_config(settings(portkey_config=file, enable_portkey=True))
    assert found is not None
    assert found.providers == {"openai"}


def test_what_cannot_be_sent_is_found_before_the_proxy_serves(file: Path) -> None:
    told: dict[str, Any] = {"portkey_config": file, "enable_portkey": True}
    check_gateway(settings(**told))
    file.write_text(json.dumps({**PLAIN, "custom_host": "${second}"}))
    with pytest.raises(ConfigError, match="unknown upstream 'second'"):
        check_gateway(settings(**told))
    check_gateway(settings(**told, upstreams="second=http://b"))
    file.write_text("{")
    with pytest.raises(ConfigError, match="no JSON"):
        check_gateway(settings(**told))
    file.unlink()
    with pytest.raises(FileNotFoundError):
        check_gateway(settings(**told))
    with pytest.raises(FileNotFoundError):  # also before it is used
        check_gateway(settings(portkey_config=file))


def test_upstreams_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="each name once"):
        check_gateway(settings(enable_portkey=True, upstreams="ollama=http://b"))


def test_what_is_sent_must_fit_also_with_the_addresses_in_it() -> None:
    told = settings(enable_portkey=True, return_leg_name="n" * 200)
    root = {"strategy": {"mode": "fallback"}, "targets": [PLAIN] * 40}
    config = PortkeyConfig.checked(root)
    with pytest.raises(ConfigError, match="expected at most"):
        create_gateway(told, Direct(create_pool(told)), Shared(), config, 7)
