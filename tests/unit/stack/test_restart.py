from collections.abc import Mapping
from pathlib import Path

import pytest

from stack.plan import Plan, digests
from stack.request import Request, read_request
from stack.restart import in_words, verb_of, wish_after
from stack.settings import parse
from stack.wish import STARTS, Wish, wish_of

WITH_PORTKEY = Plan(
    wished=("portkey", "prometheus", "proxy"), gateway="http://127.0.0.1:8787", digests={}
)


def asked(variables: Mapping[str, str], folder: Path) -> Request:
    return read_request(variables, folder)


def test_what_ran_with_portkey_is_started_with_portkey(tmp_path: Path) -> None:
    wish = wish_after(WITH_PORTKEY, asked({}, tmp_path))
    assert wish == Wish(frozenset(WITH_PORTKEY.wished), through_gateway=True)
    assert in_words(wish) == "portkey, prometheus, proxy (through Portkey)"


def test_a_gateway_that_ran_alone_is_started_alone(tmp_path: Path) -> None:
    assert wish_after(Plan(wished=("portkey",)), asked({}, tmp_path)).parts == {"portkey"}


def test_a_proxy_without_prometheus_stays_without(tmp_path: Path) -> None:
    assert wish_after(Plan(wished=("proxy",)), asked({}, tmp_path)).parts == {"proxy"}


def test_what_portkey_says_anew_is_heeded(tmp_path: Path) -> None:
    off = wish_after(WITH_PORTKEY, asked({"PORTKEY": "off"}, tmp_path))
    assert off == Wish(frozenset({"proxy", "prometheus"}), through_gateway=False)
    direct = Plan(wished=("prometheus", "proxy"))
    on = wish_after(direct, asked({"PORTKEY": "on"}, tmp_path))
    assert on == Wish(frozenset({"portkey", "proxy", "prometheus"}), through_gateway=True)


def test_what_portkey_said_before_is_no_news(tmp_path: Path) -> None:
    variables = {"PORTKEY": "off"}
    running = Plan(wished=WITH_PORTKEY.wished, gateway="x", digests=digests(variables))
    assert wish_after(running, asked(variables, tmp_path)).through_gateway is True


def test_a_prometheus_that_is_refused_now_is_not_started(tmp_path: Path) -> None:
    wish = wish_after(WITH_PORTKEY, asked({"PROMETHEUS": "off"}, tmp_path))
    assert wish.parts == {"portkey", "proxy"}


def test_an_exporter_that_is_wanted_or_refused_now_comes_or_goes(tmp_path: Path) -> None:
    running = Plan(wished=("proxy", "gpu-exporter"))
    assert wish_after(running, asked({"GPU_EXPORTER": "off"}, tmp_path)).parts == {"proxy"}
    without = Plan(wished=("proxy",), digests=digests({"GPU_EXPORTER": "off"}))
    assert wish_after(without, asked({}, tmp_path)).parts == {"proxy", "gpu-exporter"}


@pytest.mark.parametrize("verb", STARTS)
def test_a_wish_is_said_by_the_verb_that_asks_for_the_same(verb: str) -> None:
    settings = parse({})
    assert verb_of(wish_of(verb, settings), settings) == verb
