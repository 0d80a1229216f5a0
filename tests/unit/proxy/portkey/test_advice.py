"""What an operator should know of what the gateway is told."""

from typing import Any

import pytest

from proxy.portkey.advice import portkey_warnings
from proxy.portkey.config import PortkeyConfig
from proxy.settings import ProxySettings

PLAIN = {"provider": "openai", "api_key": "k", "custom_host": "${ollama}"}


def settings(**told: object) -> ProxySettings:
    return ProxySettings.model_validate({"enable_portkey": True, **told})


@pytest.mark.parametrize(
    ("told", "config", "events"),
    [
        ({}, None, set()),
        ({}, PLAIN, set()),
        ({"enable_portkey": False, "return_leg": False}, None, set()),
        ({"return_leg": False}, None, {"host_guard_bypassed"}),
        ({"return_leg": False, "allowed_hosts": "ai.example"}, None, set()),
        ({"portkey_host": "gw.example"}, None, {"return_leg_out_of_reach"}),
        ({"portkey_host": "gw.example", "return_leg_host": "0.0.0.0"}, None, set()),
        ({"portkey_host": "gw.example", "return_leg_name": "me"}, None, set()),
        ({}, {**PLAIN, "custom_host": "http://b:1"}, {"targets_past_the_proxy"}),
        ({}, {"provider": "groq", "api_key": "k"}, {"targets_past_the_proxy"}),
    ],
)
def test_what_an_operator_should_know_is_said(
    told: dict[str, Any], config: dict[str, Any] | None, events: set[str]
) -> None:
    read = None if config is None else PortkeyConfig.checked(config)
    assert portkey_warnings(settings(**told), read).keys() == events


def test_targets_are_named_without_their_keys() -> None:
    config = PortkeyConfig.checked({"provider": "groq", "api_key": "secret"})
    advice = portkey_warnings(settings(), config)["targets_past_the_proxy"]
    assert "groq" in advice
    assert "secret" not in advice
