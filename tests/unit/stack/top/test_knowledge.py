import math
from datetime import UTC, datetime

import pytest

from stack.top.facts import Facts
from stack.top.knowledge import NOT_ASKED, Key, Knowledge
from stack.top.machine import Host, Machine, Model
from stack.top.rates import Counts, Growth
from stack.top.sources import Health, PastTold, ProxyTold
from stack.top.table import Entry, Finished, Table
from stack.top.targets import Targets

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
ONE: Key = ("proxy", "http://a:8001")
OTHER: Key = ("proxy", "http://b:8001")
EXPORTER: Key = ("gpu-exporter", "http://a:8000")
PROMETHEUS: Key = ("prometheus", "http://a:9090")
ALL = (ONE, OTHER, EXPORTER, PROMETHEUS)
TARGETS = Targets("box", ("a", "b"), "c", "d")


def knowing(*keys: Key) -> Knowledge:
    knowledge = Knowledge()
    knowledge.follow(TARGETS, {key: key[1] for key in keys})
    return knowledge


def told(
    at: float,
    tokens: float = 0.0,
    requests: tuple[Entry, ...] = (),
    finished: tuple[Finished, ...] = (),
    health: Health | None = None,
) -> ProxyTold:
    counts = Counts(requests=tokens / 10, generated_tokens=tokens)
    return ProxyTold(Table(list(requests), list(finished)), at, counts, at, health or Health())


def facts(knowledge: Knowledge, now: float = 1000.0) -> Facts:
    return knowledge.facts(now, AT)


def test_before_anybody_answered_all_are_shown_to_be_silent() -> None:
    found = facts(knowing(*ALL))
    assert [(one.part, one.problem) for one in found.sources] == [
        (part, NOT_ASKED) for part, _ in ALL
    ]
    assert (found.totals, found.requests, found.ollama_up) == (None, (), None)
    assert found.now == Growth()
    assert (found.title, found.missing) == ("box", {})


def test_requests_and_counts_of_all_proxies_are_together() -> None:
    knowledge = knowing(ONE, OTHER)
    knowledge.hear(ONE, told(999.0, 100, (Entry(request_id="x", age_seconds=5.0),)))
    knowledge.hear(OTHER, told(1000.0, 50, (Entry(request_id="y", age_seconds=4.0),)))
    found = facts(knowledge)
    assert [(one.request_id, one.age_seconds) for one in found.requests] == [("x", 6.0), ("y", 4.0)]
    assert found.totals is not None
    assert (found.totals.generated_tokens, found.totals.requests) == (150, 15)
    assert (found.has_proxy, found.proxies_asked) == (True, 2)


def test_rates_lie_between_two_pages_and_not_before_the_first() -> None:
    knowledge = knowing(ONE, OTHER)
    for key in (ONE, OTHER):
        knowledge.hear(key, told(996.0, 100_000))
    assert facts(knowledge).now == Growth()
    knowledge.hear(ONE, told(998.0, 100_040))
    knowledge.hear(OTHER, told(998.0, 100_020))
    assert facts(knowledge).now.tokens_per_second == 30.0
    # the same page again is no time
    knowledge.hear(ONE, told(998.0, 100_040))
    assert facts(knowledge).now.tokens_per_second == 30.0


def test_what_happened_while_a_proxy_was_not_heard_is_told_when_it_is() -> None:
    knowledge = knowing(ONE)
    knowledge.hear(ONE, told(990.0, 100))
    knowledge.fail(ONE, "no answer within 3 s")
    found = facts(knowledge)
    assert (found.has_proxy, found.requests, found.totals) == (False, (), None)
    assert found.sources[0].problem == "no answer within 3 s"
    knowledge.hear(ONE, told(1000.0, 300))
    assert facts(knowledge).now.tokens_per_second == 20.0


def test_a_proxy_that_was_started_again_did_nothing_while_it_was_away() -> None:
    knowledge = knowing(ONE)
    knowledge.hear(ONE, ProxyTold(Table([]), 900.0, Counts(9, 900, began=1.0), 900.0, Health()))
    again = Counts(1, 40, began=2.0, age_seconds=4.0)
    knowledge.hear(ONE, ProxyTold(Table([]), 1000.0, again, 1000.0, Health()))
    found = facts(knowledge)
    assert (found.lately.seconds, found.lately.generated_tokens) == (4.0, 40)


def test_what_ended_is_remembered_also_while_nobody_answers() -> None:
    knowledge = knowing(ONE)
    knowledge.hear(ONE, told(990.0, finished=(Finished(request_id="x", ago_seconds=1.0),)))
    knowledge.hear(ONE, told(991.0))
    knowledge.fail(ONE, "gone")
    assert [(one.request_id, one.ago_seconds) for one in facts(knowledge).finished] == [("x", 11.0)]


def test_a_proxy_that_is_not_asked_any_more_is_no_longer_heard() -> None:
    knowledge = knowing(ONE, OTHER)
    knowledge.hear(OTHER, told(999.0, 100, (Entry(request_id="y"),)))
    knowledge.follow(TARGETS, {ONE: "a"})
    knowledge.hear(OTHER, told(1000.0, 100))
    knowledge.fail(OTHER, "gone")
    found = facts(knowledge)
    assert [(one.where, one.problem) for one in found.sources] == [("a", NOT_ASKED)]
    assert found.requests == ()


def test_the_machine_is_shown_while_the_exporter_answers() -> None:
    knowledge = knowing(EXPORTER)
    machine = Machine(models=(Model("m"),), host=Host(cpus=2), ollama_up=True, ollama_version="1")
    knowledge.hear(EXPORTER, machine)
    found = facts(knowledge)
    assert (found.models, found.host.cpus) == ((Model("m"),), 2)
    assert (found.ollama_up, found.ollama_version) == (True, "1")
    knowledge.fail(EXPORTER, "gone")
    found = facts(knowledge)
    assert (found.models, found.host, found.ollama_up) == ((), Host(), None)


@pytest.mark.parametrize(
    ("ups", "exporter_s", "expected"),
    [
        ((True, False), False, True),
        ((False, False), True, False),
        ((None, False), True, False),
        ((None, None), True, True),
        ((None, None), None, None),
    ],
)
def test_ollama_is_up_where_a_proxy_says_so_and_else_the_exporter(
    ups: tuple[bool | None, bool | None], exporter_s: bool | None, expected: bool | None
) -> None:
    knowledge = knowing(*ALL)
    for key, up in zip((ONE, OTHER), ups, strict=True):
        health = Health("0.1.0", 60.0 if key == ONE else 20.0, up, "" if up else "no answer")
        knowledge.hear(key, told(999.0, health=health))
    knowledge.hear(EXPORTER, Machine(ollama_up=exporter_s))
    found = facts(knowledge)
    assert found.ollama_up is expected
    assert (found.release, found.uptime_seconds) == ("0.1.0", 20.0)


def past(grown: list[tuple[str, float, float, Growth]] | None, **ratios: float) -> PastTold:
    return PastTold(2, ratios, grown)


def test_the_minutes_before_are_prometheus_s() -> None:
    knowledge = knowing(ONE, PROMETHEUS)
    grown = Growth(5, 2, 50, {"connect": 1}, {math.inf: 2})
    knowledge.hear(PROMETHEUS, past([("i", 900.0, 905.0, grown)]))
    knowledge.hear(PROMETHEUS, past(None))
    found = facts(knowledge)
    assert (found.lately.requests, found.lately.errors) == (2, {"connect": 1})
    assert found.proxies_read == 2
    assert [slot for slot in found.slots if slot] == [grown]


def test_how_busy_cpus_are_is_prometheus_s_only_where_nobody_else_knows() -> None:
    knowledge = knowing(EXPORTER, PROMETHEUS)
    knowledge.hear(PROMETHEUS, past(None, one=0.25))
    knowledge.hear(EXPORTER, Machine())
    assert facts(knowledge).host.cpu_ratio == 0.25
    knowledge.hear(EXPORTER, Machine(host=Host(cpu_ratio=0.5)))
    assert facts(knowledge).host.cpu_ratio == 0.5
    # of two machines nobody knows which is meant
    knowledge.hear(EXPORTER, Machine())
    knowledge.hear(PROMETHEUS, past(None, one=0.25, two=0.5))
    assert facts(knowledge).host.cpu_ratio is None
