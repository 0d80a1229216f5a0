"""A request says which way it should go; only its answer says which way it went."""

import pytest

from traffic.choices import RequestRoute
from traffic.request import portkey
from traffic.request.routes import Way, headers_of, path_of, way_of


@pytest.mark.parametrize("route", ["direct", "portkey"])
def test_the_proxy_is_asked_for_a_way_by_a_header(route: RequestRoute) -> None:
    assert headers_of(route, "http://o:1", "t1") == {"x-route": route}
    assert path_of(route, "/api/chat") == "/api/chat"


def test_without_a_route_a_request_says_nothing_about_it() -> None:
    assert headers_of("default", "http://o:1", "t1") == {}
    assert path_of("default", "/api/chat") == "/api/chat"


def test_the_gateway_is_asked_by_its_way_through() -> None:
    assert headers_of("gateway", "http://o:1", "t1") == portkey.headers("http://o:1", "t1")
    assert path_of("gateway", "/api/chat") == "/v1/proxy/api/chat"


@pytest.mark.parametrize(
    ("route", "has_sign", "is_answered", "way"),
    [
        ("portkey", True, True, Way.PORTKEY),
        ("portkey", True, False, Way.PORTKEY),
        ("portkey", False, True, Way.WENT_DIRECT),
        ("portkey", False, False, Way.UNKNOWN),
        ("direct", False, True, Way.DIRECT),
        ("direct", False, False, Way.DIRECT),
        ("direct", True, True, Way.PORTKEY),
        ("default", True, True, Way.PORTKEY),
        ("default", False, True, Way.DIRECT),
        ("default", False, False, Way.UNKNOWN),
        ("gateway", False, False, Way.GATEWAY),
        ("gateway", True, True, Way.GATEWAY),
    ],
)
def test_the_way_is_what_the_answer_shows_and_not_what_was_asked(
    route: RequestRoute, has_sign: bool, is_answered: bool, way: Way
) -> None:
    assert way_of(route, has_sign=has_sign, is_answered=is_answered) is way


@pytest.mark.parametrize("route", ["default", "direct", "portkey"])
def test_a_hit_took_no_way_whatever_signs_the_recorded_answer_has(route: RequestRoute) -> None:
    for has_sign in (False, True):
        found = way_of(route, has_sign=has_sign, is_answered=True, is_hit=True)
        assert found is Way.CACHE
    assert way_of("gateway", has_sign=True, is_answered=True, is_hit=True) is Way.GATEWAY
