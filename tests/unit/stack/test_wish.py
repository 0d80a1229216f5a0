import pytest

from stack.settings import parse
from stack.wish import STARTS, Wish, wish_of

WHOLE = frozenset({"proxy", "gpu-exporter", "prometheus", "dashboard"})


@pytest.mark.parametrize(
    ("verb", "wish"),
    [
        ("start", Wish(WHOLE)),
        ("start-with-portkey", Wish(WHOLE | {"portkey"}, through_gateway=True)),
        ("start-dashboard", Wish(frozenset({"dashboard"}))),
        ("start-portkey", Wish(frozenset({"portkey"}))),
        ("start-proxy", Wish(frozenset({"proxy"}), through_gateway=False)),
        ("start-proxy-portkey", Wish(frozenset({"proxy"}), through_gateway=True)),
    ],
)
def test_each_verb_asks_for_its_parts_and_its_way(verb: str, wish: Wish) -> None:
    assert verb in STARTS
    assert wish_of(verb, parse({})) == wish


def test_portkey_on_makes_start_the_verb_with_portkey() -> None:
    settings = parse({"PORTKEY": "on"})
    assert wish_of("start", settings) == wish_of("start-with-portkey", settings)


@pytest.mark.parametrize(
    ("variable", "part"), [("PROMETHEUS", "prometheus"), ("GPU_EXPORTER", "gpu-exporter")]
)
def test_what_is_switched_off_nobody_asks_for(variable: str, part: str) -> None:
    settings = parse({variable: "off"})
    assert part in WHOLE
    assert not any(part in wish_of(verb, settings).parts for verb in STARTS)


def test_an_alertmanager_is_asked_for_where_it_is_switched_on_and_this_machine_s() -> None:
    on = parse({"ALERTMANAGER": "on"})
    assert wish_of("start", on).parts == WHOLE | {"alertmanager"}
    assert wish_of("start-with-portkey", on).parts == WHOLE | {"alertmanager", "portkey"}
    assert wish_of("start-proxy", on).parts == {"proxy"}
    elsewhere = parse({"ALERTMANAGER": "on", "ALERTMANAGER_HOST": "am.example"})
    assert wish_of("start", elsewhere) == Wish(WHOLE)


def test_a_traffic_worker_is_part_of_the_whole_where_it_is_on() -> None:
    on = parse({"TRAFFIC": "on"})
    assert wish_of("start", on) == Wish(WHOLE | {"traffic"})
    assert wish_of("start-with-portkey", on).parts == WHOLE | {"traffic", "portkey"}
    assert wish_of("start-proxy", on).parts == {"proxy"}


def test_a_gateway_elsewhere_is_used_and_not_asked_for() -> None:
    settings = parse({"PORTKEY_HOST": "gw.example"})
    assert wish_of("start-with-portkey", settings) == Wish(WHOLE, through_gateway=True)
    assert wish_of("start-portkey", settings).parts == frozenset()
