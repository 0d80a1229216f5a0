"""Questions stay on this machine unless somebody says otherwise."""

import pytest

from traffic.target.nearness import is_local, near_address


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "proxy", "a.localhost"]
)
def test_the_loopback_and_the_compose_services_are_local(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "10.0.0.1", "0.0.0.0", "example.org", "proxy.lan"])
def test_everything_else_is_remote(host: str) -> None:
    assert not is_local(host)


def test_an_address_that_is_far_is_refused_with_what_permits_it() -> None:
    with pytest.raises(ValueError, match="not on this machine; --allow-remote permits it"):
        near_address("http://10.0.0.1:1", allow_remote=False)
    assert near_address("http://10.0.0.1:1/", allow_remote=True) == "http://10.0.0.1:1"


@pytest.mark.parametrize("url", ["localhost:1", "ftp://localhost", "http://localhost:99999"])
def test_what_is_no_address_of_http_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected http://host:port"):
        near_address(url, allow_remote=True)


@pytest.mark.parametrize(
    "url", ["http://a:b@localhost", "http://localhost?x", "http://localhost#x"]
)
def test_what_would_be_lost_of_an_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="without credentials, query or fragment"):
        near_address(url, allow_remote=False)
