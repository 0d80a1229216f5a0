from pathlib import Path

import pytest

from stack.portkey.route import gateway_of_proxy, is_strict, route_through
from stack.settings import parse

REPOSITORY = Path("/r")
WHOLE = (
    "--enable-portkey",
    *("--portkey-host", "127.0.0.1"),
    *("--portkey-port", "8787"),
    *("--portkey-config", "/r/portkey/config.json"),
)


def test_the_proxy_is_told_where_the_gateway_is_and_what_to_ask_of_it() -> None:
    route = route_through(parse({}), {}, REPOSITORY)
    assert route.flags == WHOLE
    (leg,) = route.return_legs
    assert (leg.host, leg.port, leg.variable) == ("127.0.0.1", 11436, "PROXY_RETURN_LEG_PORT")


@pytest.mark.parametrize(
    ("variable", "flag"),
    [
        ("PROXY_PORTKEY_HOST", "--portkey-host"),
        ("PROXY_PORTKEY_PORT", "--portkey-port"),
        ("PROXY_PORTKEY_CONFIG", "--portkey-config"),
    ],
)
def test_no_flag_stands_over_what_the_operator_tells_the_proxy(variable: str, flag: str) -> None:
    flags = route_through(parse({}), {variable: "127.0.0.1"}, REPOSITORY).flags
    assert flag not in flags
    assert len(flags) == len(WHOLE) - 2


def test_each_worker_has_a_return_leg() -> None:
    settings = parse({"PROXY_RETURN_LEG_PORT": "2000"})
    legs = route_through(settings, {"PROXY_WORKERS": "3"}, REPOSITORY).return_legs
    assert [leg.port for leg in legs] == [2000, 2001, 2002]


@pytest.mark.parametrize("workers", ["", "0", "many", "²"])
def test_workers_that_are_no_number_are_for_the_proxy_to_refuse(workers: str) -> None:
    assert len(route_through(parse({}), {"PROXY_WORKERS": workers}, REPOSITORY).return_legs) == 1


def test_without_a_return_leg_there_is_no_port_to_keep_free() -> None:
    assert route_through(parse({}), {"PROXY_RETURN_LEG": "False"}, REPOSITORY).return_legs == ()


def test_the_return_leg_listens_where_the_operator_says() -> None:
    (leg,) = route_through(parse({}), {"PROXY_RETURN_LEG_HOST": "0.0.0.0"}, REPOSITORY).return_legs
    assert leg.host == "0.0.0.0"


def test_a_gateway_elsewhere_does_not_come_back_to_the_loopback() -> None:
    settings = parse({"PORTKEY_HOST": "gw.example"})
    route = route_through(settings, {}, REPOSITORY)
    assert (route.flags[-1], route.return_legs) == ("--no-return-leg", ())
    reached = route_through(settings, {"PROXY_RETURN_LEG_HOST": "0.0.0.0"}, REPOSITORY)
    assert "--no-return-leg" not in reached.flags
    assert len(reached.return_legs) == 1


def test_the_gateway_that_is_shown_is_the_one_that_the_proxy_uses() -> None:
    variables = {"PROXY_PORTKEY_HOST": "gw.example", "PROXY_PORTKEY_PORT": "9"}
    assert gateway_of_proxy(parse({}), variables).url == "http://gw.example:9"
    assert gateway_of_proxy(parse({}), {}).url == "http://127.0.0.1:8787"


@pytest.mark.parametrize(("value", "is_so"), [("true", True), ("1", True), ("0", False)])
def test_a_strict_proxy_is_known(value: str, is_so: bool) -> None:
    assert is_strict({"PROXY_PORTKEY_STRICT": value}) is is_so
    assert not is_strict({})
