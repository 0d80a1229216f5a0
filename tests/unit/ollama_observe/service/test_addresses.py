"""Whom a host can be reached by."""

import pytest

from ollama_observe.service.addresses import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_the_loopback_is_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "proxy", "localhost.evil"])
def test_every_other_address_and_name_may_be_reached_by_others(host: str) -> None:
    assert not is_loopback(host)
