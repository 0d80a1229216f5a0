"""What settings mean together: what a start is refused for, and what it warns of."""

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.checks import mistake_in, warnings_of
from proxy.settings import ProxySettings

PLAIN = {"provider": "openai", "api_key": "k", "custom_host": "${ollama}"}


def settings(**told: object) -> ProxySettings:
    return ProxySettings.model_validate({"enable_portkey": True, **told})


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, None),
        ({"portkey_host": "::1"}, None),
        ({"portkey_host": "portkey.example"}, None),
        ({"portkey_host": "portkey", "portkey_port": 11435}, None),  # another machine's
        ({"portkey_host": "http://x"}, "PROXY_PORTKEY_HOST (--portkey-host): expected a host"),
        ({"portkey_host": ""}, "PROXY_PORTKEY_HOST"),
        ({"portkey_host": "a b"}, "PROXY_PORTKEY_HOST"),
        ({"portkey_port": 11435}, "PROXY_PORTKEY_PORT (--portkey-port): expected the gateway's"),
        ({"portkey_port": 8001}, "PROXY_PORTKEY_PORT"),
        ({"portkey_port": 11437, "workers": 2}, "PROXY_PORTKEY_PORT"),
        ({"portkey_port": 11437, "workers": 2, "return_leg": False}, None),
        ({"portkey_port": 11435, "enable_portkey": False}, None),
        ({"queue": True}, None),
        ({"queue": True, "workers": 2}, "PROXY_QUEUE (--queue): expected PROXY_WORKERS=1"),
        ({"workers": 2}, None),
        ({"upstreams": "x"}, "PROXY_UPSTREAMS (--upstreams): expected 'x'"),
        ({"user_aliases_file": "/nowhere"}, "PROXY_USER_ALIASES_FILE"),
        ({"api_keys_file": "/nowhere"}, "PROXY_API_KEYS_FILE (--api-keys-file)"),
        ({"trusted_addresses": "10.0.0.7, ::1/128"}, None),
        ({"trusted_addresses": "gpu-box"}, "PROXY_TRUSTED_ADDRESSES (--trusted-addresses): exp"),
        ({"trusted_addresses": "::1", "trusted_user_header": " "}, "PROXY_TRUSTED_ADDRESSES"),
        ({"otlp_endpoint": "http://collector:4318"}, None),
        ({"otlp_endpoint": "collector"}, "PROXY_OTLP_ENDPOINT (--otlp-endpoint): expected http"),
        ({"otlp_endpoint": "http://localhost:11435"}, "PROXY_OTLP_ENDPOINT (--otlp-endpoint): exp"),
        (
            {"otlp_endpoint": "http://127.0.0.1:8001/x"},
            "PROXY_OTLP_ENDPOINT (--otlp-endpoint): exp",
        ),
        ({"otlp_endpoint": "http://collector:8001"}, None),
        ({"otlp_signals": "logs"}, "PROXY_OTLP_SIGNALS (--otlp-signals): expected metrics or"),
        ({"otlp_headers": "x"}, "PROXY_OTLP_HEADERS (--otlp-headers): expected name=value"),
        ({"otlp_headers_file": "/nowhere"}, "PROXY_OTLP_HEADERS_FILE (--otlp-headers-file)"),
        ({"otlp_resource": "x"}, "PROXY_OTLP_RESOURCE (--otlp-resource): expected name=value"),
        ({"portkey_config": "/nowhere"}, "PROXY_PORTKEY_CONFIG (--portkey-config)"),
        ({"portkey_config": "/nowhere", "enable_portkey": False}, "PROXY_PORTKEY_CONFIG"),
    ],
)
def test_a_mistake_is_named_by_its_setting(told: dict[str, Any], said: str | None) -> None:
    found = mistake_in(settings(**told))
    assert found is None if said is None else found is not None and found.startswith(said)


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({**PLAIN, "custom_host": "${second}"})])
def test_a_configuration_that_cannot_be_sent_is_found_at_the_start(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    found = mistake_in(settings(portkey_config=file))
    assert found is not None
    assert "PROXY_PORTKEY_CONFIG" in found


def test_what_an_operator_should_know_is_said_of_all_subjects() -> None:
    told = settings(user_header="X-User", return_leg=False)
    assert warnings_of(told, None).keys() == {"user_salt_missing", "host_guard_bypassed"}


@pytest.mark.parametrize(
    ("told", "warns"),
    [
        ({"queue": True}, False),
        ({"queue": True, "max_requests": 512}, True),
        ({"queue": True, "max_requests": 600}, False),
        ({"max_requests": 10}, False),
    ],
)
def test_a_limit_that_is_reached_before_the_queue_is_full_is_said(
    told: dict[str, Any], warns: bool
) -> None:
    assert ("queue_never_full" in warnings_of(settings(**told), None)) is warns
