"""Settings refuse what would not do what was meant."""

from typing import Any

import pytest
from pydantic import ValidationError

from traffic.settings import TrafficSettings, is_local


def settings(**values: Any) -> TrafficSettings:
    return TrafficSettings(_cli_parse_args=[], **values)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "proxy", "a.localhost"]
)
def test_the_loopback_and_the_compose_services_are_local(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "10.0.0.1", "0.0.0.0", "example.org", "proxy.lan"])
def test_everything_else_is_remote(host: str) -> None:
    assert not is_local(host)


def test_a_remote_target_needs_the_word_of_the_operator() -> None:
    with pytest.raises(ValidationError, match="--allow-remote permits it"):
        settings(base_url="http://10.0.0.1:11434")
    assert settings(base_url="http://10.0.0.1:11434", allow_remote=True)


@pytest.mark.parametrize(
    "url", ["localhost:11435", "ftp://localhost", "http://", "http://localhost:99999"]
)
def test_a_base_url_that_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(base_url=url)


def test_credentials_in_the_base_url_are_refused() -> None:
    with pytest.raises(ValidationError, match="without credentials"):
        settings(base_url="http://user:word@localhost")


def test_a_closing_slash_is_dropped() -> None:
    assert settings(base_url="http://localhost:1/").base_url == "http://localhost:1"


@pytest.mark.parametrize("name", ["portkey_url", "ollama_url"])
def test_the_addresses_of_the_route_gateway_stay_near_as_the_base_url_does(name: str) -> None:
    far = {name: "http://10.0.0.1:1"}
    with pytest.raises(ValidationError, match="--allow-remote permits it"):
        settings(route="gateway", **far)
    assert settings(route="gateway", allow_remote=True, **far)


def test_addresses_that_the_route_does_not_use_are_not_judged() -> None:
    # the stack gives all three, whatever the run is
    assert settings(route="mixed", portkey_url="http://10.0.0.1", ollama_url="http://a/v1")
    assert settings(route="gateway", base_url="http://10.0.0.1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/"])
def test_an_ollama_url_with_v1_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="without /v1"):
        settings(route="gateway", ollama_url=url)


def test_the_route_says_to_which_server_requests_go() -> None:
    urls = {"base_url": "http://127.0.0.1:1", "portkey_url": "http://127.0.0.1:2"}
    targets = {
        route: settings(route=route, **urls).target_url for route in ("default", "mixed", "gateway")
    }
    assert targets == {
        "default": "http://127.0.0.1:1",
        "mixed": "http://127.0.0.1:1",
        "gateway": "http://127.0.0.1:2",
    }
