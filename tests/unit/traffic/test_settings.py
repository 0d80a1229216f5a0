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
