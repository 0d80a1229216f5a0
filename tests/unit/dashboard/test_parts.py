"""How each part is, since when, and what is said of one that nobody can ask."""

import pytest

from dashboard.health import CheckTold, Health
from dashboard.messages import Part, State
from dashboard.parts import TITLES, Finding, Standings, Told, findings

NOW = 10_000.0
OLLAMA = CheckTold(True, "Ollama 0.13.0 at http://127.0.0.1:11434")
WELL = Health(True, 100.0, {"ollama": OLLAMA})
EXPORTER = Health(True, 50.0, {"host_cpu": CheckTold(True, "is read")})
ALL_WELL = Told(WELL, EXPORTER, None, "", newest=NOW - 2)


def told(**changed: object) -> Told:
    given = {name: getattr(ALL_WELL, name) for name in Told.__slots__}
    return Told(**(given | changed))


@pytest.mark.parametrize(
    ("is_well", "state", "reason"),
    [
        (True, State.OK, "3 of 3 take requests"),
        (False, State.DEGRADED, "replicas: 3 of 3 take requests"),
    ],
)
def test_several_proxies_are_said_to_be_several(is_well: bool, state: State, reason: str) -> None:
    proxy = ALL_WELL.proxy
    assert isinstance(proxy, Health)
    several = {"replicas": CheckTold(is_well, "3 of 3 take requests"), **proxy.checks}
    found = findings(told(proxy=Health(True, 10.0, several)), NOW)["proxy"]
    assert (found.state, found.reason) == (state, reason)


def test_all_is_well() -> None:
    found = findings(ALL_WELL, NOW)
    assert list(found) == list(TITLES)
    states = {name: finding.state for name, finding in found.items()}
    assert states == {
        "ollama": State.OK,
        "proxy": State.OK,
        "gpu-exporter": State.OK,
        "prometheus": State.OK,
        "portkey": State.OFF,
        "traffic": State.OFF,
    }
    assert found["ollama"].reason == OLLAMA.detail
    assert found["proxy"].up_since == NOW - 100


@pytest.mark.parametrize(
    ("name", "changed", "state", "reason"),
    [
        ("proxy", {"proxy": "no answer at x"}, State.DOWN, "no answer at x"),
        ("proxy", {"proxy": Health(False, 1, {})}, State.DEGRADED, "it takes nothing"),
        # what it says of others is theirs
        (
            "proxy",
            {"proxy": Health(True, 1, {"ollama": CheckTold(False, "x")})},
            State.OK,
            "takes requests",
        ),
        ("ollama", {"proxy": Health(True, 1, {"ollama": CheckTold(False, "x")})}, State.DOWN, "x"),
        ("ollama", {"proxy": "away"}, State.UNKNOWN, "the proxy, which asks it"),
        ("ollama", {"proxy": "away", "ollama_up": True}, State.OK, "it answers the exporter"),
        ("ollama", {"proxy": "away", "ollama_up": False}, State.DOWN, "it does not answer"),
        ("gpu-exporter", {"exporter": "no answer"}, State.DOWN, "no answer"),
        ("gpu-exporter", {"exporter": None}, State.OFF, "GPU_EXPORTER=off"),
        (
            "gpu-exporter",
            {"exporter": Health(True, 1, {n: CheckTold(False, "hangs") for n in "ab"})},
            State.DEGRADED,
            "a: hangs (and 1 more)",
        ),
        ("prometheus", {"prometheus": None}, State.OFF, "there is no history"),
        ("prometheus", {"prometheus": "no answer"}, State.DOWN, "no answer"),
        ("prometheus", {"newest": NOW - 60}, State.DEGRADED, "of the proxy is 60 s old"),
        ("prometheus", {"newest": None}, State.DEGRADED, "it has no sample of the proxy"),
        ("prometheus", {"newest": NOW - 60, "scrape_seconds": 30.0}, State.OK, "every 30 s"),
        # the proxy's doing, not its own
        ("prometheus", {"newest": NOW - 60, "proxy": "away"}, State.OK, "every 5 s"),
        ("traffic", {"traffic": "no answer"}, State.DOWN, "no answer"),
        (
            "traffic",
            {"traffic": Health(True, 1, {"run": CheckTold(True, "running")})},
            State.OK,
            "running",
        ),
        ("traffic", {"traffic": Health(True, 1, {})}, State.OK, "runs"),
    ],
)
def test_a_part_is_as_it_says_or_as_others_say(
    name: str, changed: dict[str, object], state: State, reason: str
) -> None:
    finding = findings(told(**changed), NOW)[name]
    assert finding.state is state
    assert reason in finding.reason


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (CheckTold(True, "Portkey at x", True), State.OK),
        (CheckTold(True, "Portkey was not asked yet"), State.OK),
        (CheckTold(True, "Portkey at x gave no answer; requests go directly", False), "degraded"),
        (CheckTold(False, "Portkey at x gave no answer", False), State.DOWN),
    ],
)
def test_a_gateway_without_which_requests_go_on_is_missed_less(
    check: CheckTold, state: State
) -> None:
    found = findings(told(proxy=Health(True, 1, {"portkey": check})), NOW)["portkey"]
    assert (found.state, found.reason) == (state, check.detail)


def seen(standings: Standings, now: float, **changed: object) -> dict[str, Part]:
    found = findings(told(**changed), now)
    return {part.name: part for part in standings.parts(found, now)}


def test_a_state_has_its_beginning_and_a_part_the_time_it_was_heard() -> None:
    standings = Standings()
    first = seen(standings, NOW)["proxy"]
    assert (first.since, first.seen) == (NOW - 100, NOW)
    lost = seen(standings, NOW + 10, proxy="away")["proxy"]
    assert (lost.state, lost.since, lost.seen) == (State.DOWN, NOW + 10, NOW)
    still = seen(standings, NOW + 20, proxy="still away")["proxy"]
    assert (still.reason, still.since, still.seen) == ("still away", NOW + 10, NOW)
    back = seen(standings, NOW + 30, proxy=Health(True, 1, {}))["proxy"]
    assert (back.state, back.since, back.seen) == (State.OK, NOW + 30, NOW + 30)


def test_a_restart_between_two_looks_is_seen_by_the_uptime() -> None:
    standings = Standings()
    seen(standings, NOW)
    jittered = seen(standings, NOW + 2, proxy=Health(True, 101.5, {"ollama": OLLAMA}))["proxy"]
    assert jittered.since == NOW - 100
    restarted = seen(standings, NOW + 4, proxy=Health(True, 1.0, {"ollama": OLLAMA}))["proxy"]
    assert restarted.since == NOW + 3


def test_what_was_not_there_is_not_unknown_while_nobody_can_say() -> None:
    standings = Standings()
    seen(standings, NOW)
    lost = seen(standings, NOW + 1, proxy="away")
    assert lost["portkey"].state is State.OFF
    assert lost["ollama"].state is State.UNKNOWN
    assert lost["portkey"].seen is None


def test_nobody_was_heard_of_a_part_that_never_answered() -> None:
    part = seen(Standings(), NOW, exporter="no answer")["gpu-exporter"]
    assert (part.since, part.seen) == (NOW, None)


def test_every_part_is_found() -> None:
    assert all(isinstance(finding, Finding) for finding in findings(ALL_WELL, NOW).values())
