"""Whom a host can be reached by; what is an address, and how it may be shown."""

import pytest

from ollama_observe.service.addresses import (
    found_words,
    is_http_url,
    is_loopback,
    without_credentials,
)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_the_loopback_is_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "proxy", "localhost.evil"])
def test_every_other_address_and_name_may_be_reached_by_others(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url", ["http://gpu", "https://me:pw@gpu:1/x?y#z", "http://[::1]:2", "http://a_b.local./"]
)
def test_an_address_of_http_names_a_host(url: str) -> None:
    assert is_http_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "gpu", "gpu:1", "localhost:11434", "//gpu", "http://", "http:///x", "http://me:pw@"),
        *("ftp://gpu", "unix:///run/ollama.sock", "http//gpu"),
        *("http://gpu:99999", "http://gpu:port", "http://[::1"),
    ],
)
def test_what_leads_nowhere_is_no_address(url: str) -> None:
    assert not is_http_url(url)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("http://me:pw@gpu:1/x", "http://gpu:1/x"),
        ("http://me@gpu", "http://gpu"),
        ("http://m%40e:p@w@gpu", "http://gpu"),
        ("https://[::1]:2/", "https://[::1]:2/"),
        ("http://gpu/x?key=word#part", "http://gpu/x"),
    ],
)
def test_credentials_are_left_out_of_an_address(url: str, plain: str) -> None:
    assert without_credentials(url) == plain


def test_a_refusal_shows_what_was_found_unless_it_may_hold_a_password() -> None:
    assert found_words("gpu:1") == ", found 'gpu:1'"
    assert found_words("ftp://me:word@gpu") == ""
