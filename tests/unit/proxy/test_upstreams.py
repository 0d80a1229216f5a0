"""The Ollamas by name, and under which address the gateway reaches each."""

import socket
from typing import Any

import pytest

from proxy.settings import ProxySettings
from proxy.upstreams import seen_by_gateway, upstreams_of


def settings(**told: Any) -> ProxySettings:
    return ProxySettings.model_validate({"ollama_url": "http://gpu:1/x/", **told})


def test_the_main_one_comes_first_and_others_in_their_order() -> None:
    told = settings(upstreams="second=http://b:2/, third = https://me:pw@c/below ,,")
    assert list(upstreams_of(told).items()) == [
        ("ollama", "http://gpu:1/x"),
        ("second", "http://b:2"),
        ("third", "https://me:pw@c/below"),
    ]
    assert upstreams_of(settings(upstreams=" , ")) == {"ollama": "http://gpu:1/x"}


@pytest.mark.parametrize("name", ["a", "0", "a-b_c", "a" * 32])
def test_a_name_is_short_and_plain(name: str) -> None:
    assert name in upstreams_of(settings(upstreams=f"{name}=http://b"))


@pytest.mark.parametrize(
    "entry",
    [
        *("=http://b", "B=http://b", "-a=http://b", "_a=http://b", "a b=http://b", "a.b=http://b"),
        *("é=http://b", "a/b=http://b", "a" * 33 + "=http://b", "http://b:1", "http://me:pw=x@b"),
    ],
)
def test_an_entry_without_a_name_is_refused_by_its_place_and_not_shown(entry: str) -> None:
    with pytest.raises(ValueError, match=r"^expected name=http://host:port, found .* entry 2$"):
        upstreams_of(settings(upstreams=f"fine=http://a,,{entry}"))


@pytest.mark.parametrize(
    "url",
    [
        *("", "c:1", "//c", "http://", "http:///x", "ftp://me:pw@c", "file:///etc/passwd"),
        *("http//c", "http://me:pw@b:99999", "http://b:port", "http://[::1", "unix:/x"),
    ],
)
def test_an_entry_without_an_address_is_refused_by_its_name_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"^expected 'b' to be http://host:port, found another"):
        upstreams_of(settings(upstreams=f"fine=http://a,b={url}"))


def test_a_name_alone_has_no_address() -> None:
    with pytest.raises(ValueError, match="expected 'b' to be"):
        upstreams_of(settings(upstreams="b"))


@pytest.mark.parametrize("twice", ["ollama=http://b", "b=http://b,b=http://c"])
def test_a_name_is_given_once(twice: str) -> None:
    with pytest.raises(ValueError, match=r"expected each name once, found '.*' twice"):
        upstreams_of(settings(upstreams=twice))


@pytest.mark.parametrize(
    ("told", "host"),
    [
        ({}, "127.0.0.1"),
        ({"return_leg_host": "::1"}, "[::1]"),
        ({"return_leg_host": "10.0.0.7"}, "10.0.0.7"),
        ({"return_leg_host": "0.0.0.0"}, socket.gethostname()),
        ({"return_leg_host": "::"}, socket.gethostname()),
        ({"return_leg_host": ""}, socket.gethostname()),
        ({"return_leg_name": "proxy", "return_leg_host": "0.0.0.0"}, "proxy"),
        ({"return_leg_name": "fe80::1"}, "[fe80::1]"),
    ],
)
def test_the_gateway_comes_back_to_the_return_leg(told: dict[str, str], host: str) -> None:
    seen = seen_by_gateway(settings(**told), {"ollama": "http://me:pw@a", "b": "http://b"}, 7)
    assert seen == {"ollama": f"http://{host}:7/to/ollama", "b": f"http://{host}:7/to/b"}


def test_without_a_return_leg_it_goes_to_the_ollamas_themselves() -> None:
    told = settings(return_leg=False)
    seen = seen_by_gateway(told, {"ollama": "http://me:pw@gpu:1/x", "b": "https://b"}, 7)
    assert seen == {"ollama": "http://gpu:1/x", "b": "https://b"}
