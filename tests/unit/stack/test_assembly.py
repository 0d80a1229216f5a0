import socket
from pathlib import Path

import pytest

from stack.assembly import assemble, change
from stack.errors import SettingsError, StackError
from stack.parts import Address, Part
from stack.plan import Plan, digests
from stack.prometheus.rules import RULES
from stack.request import read_request
from stack.wish import wish_of
from tests.ports import free_port

PROXY = Part("proxy", (), (Address("proxy", "127.0.0.1", 1, "PROXY_PORT"),), "", 1, 1)
PROMETHEUS = Part("prometheus", (), (Address("prometheus", "127.0.0.1", 2, ""),), "", 1, 1)
DASHBOARD = Part("dashboard", (), (Address("dashboard", "127.0.0.1", 3, ""),), "", 1, 1)
DIRECT = Plan((PROXY,), wished=("proxy", "gpu-exporter", "prometheus", "dashboard"))
DIRECT_WITHOUT_DASHBOARD = Plan((PROXY,), wished=("proxy",))
GATEWAY = "http://127.0.0.1:8787"


def wished(verb: str, running: Plan, folder: Path, **variables: str) -> tuple[set[str], str | None]:
    request = read_request(variables, folder)
    found = change(request, wish_of(verb, request.settings), running)
    return set(found.arrives), found.gateway


def test_where_nothing_runs_all_that_is_asked_for_arrives(tmp_path: Path) -> None:
    whole = {"proxy", "gpu-exporter", "prometheus", "dashboard"}
    assert wished("start", Plan(), tmp_path) == (whole, None)
    assert wished("start-with-portkey", Plan(), tmp_path) == (whole | {"portkey"}, GATEWAY)
    assert wished("start-dashboard", Plan(), tmp_path) == ({"dashboard"}, None)


def test_what_runs_as_it_is_asked_for_stays(tmp_path: Path) -> None:
    assert wished("start", DIRECT, tmp_path) == (set(), None)
    assert wished("start-proxy", DIRECT, tmp_path) == (set(), None)


def test_a_proxy_that_shall_go_another_way_is_exchanged(tmp_path: Path) -> None:
    assert wished("start-proxy-portkey", DIRECT, tmp_path) == ({"proxy"}, GATEWAY)
    routed = Plan((PROXY,), wished=("portkey", "proxy"), gateway=GATEWAY)
    assert wished("start-proxy", routed, tmp_path) == ({"proxy"}, None)


def test_start_leaves_the_way_of_a_running_proxy_as_it_is(tmp_path: Path) -> None:
    routed = Plan((PROXY,), wished=("proxy",), gateway=GATEWAY)
    rest = {"gpu-exporter", "prometheus", "dashboard"}
    assert wished("start", routed, tmp_path) == (rest, GATEWAY)


def test_a_prometheus_that_could_not_be_had_is_not_looked_for_again(tmp_path: Path) -> None:
    assert "prometheus" not in wished("start", DIRECT, tmp_path)[0]


@pytest.mark.parametrize(
    ("verb", "variable", "is_named"),
    [
        ("start", "PROXY_LOG_LEVEL", True),
        ("start", "PORTKEY", False),
        ("start-portkey", "PROXY_LOG_LEVEL", False),
        ("start-proxy-portkey", "OLLAMA_URL", True),
        ("start-proxy-portkey", "PROXY_PORTKEY_CONFIG", False),
        ("start-proxy-portkey", "PORTKEY_PORT", False),
        ("start-proxy", "PROMETHEUS_RETENTION_DAYS", False),
    ],
)
def test_only_a_variable_that_is_about_something_else_than_the_verb_stands_in_its_way(
    verb: str, variable: str, is_named: bool, tmp_path: Path
) -> None:
    values = {"OLLAMA_URL": "http://127.0.0.1:1", "PORTKEY": "off"}
    request = read_request({variable: values.get(variable, "12")}, tmp_path)
    found = change(request, wish_of(verb, request.settings), DIRECT)
    assert found.differs == ((variable,) if is_named else ())


def test_a_gateway_that_is_missed_ends_a_strict_start_at_once(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        variables = {"PORTKEY_PORT": str(closed.getsockname()[1]), "PROXY_PORTKEY_STRICT": "true"}
        request = read_request(variables, tmp_path)
        wish = wish_of("start-proxy-portkey", request.settings)
        with pytest.raises(StackError, match=r"PROXY_PORTKEY_STRICT .*`make start-portkey` first"):
            assemble(request, wish, Plan(), "start-proxy-portkey")


def test_a_configuration_that_is_not_there_ends_a_start_before_anything_is_asked_or_fetched(
    tmp_path: Path,
) -> None:
    variables = {"ALERTMANAGER": "on", "ALERTMANAGER_CONFIG": "absent.yml"}
    request = read_request({"OLLAMA_URL": "http://127.0.0.1:1", **variables}, tmp_path)
    with pytest.raises(StackError, match=r"ALERTMANAGER_CONFIG: .*/absent\.yml: No such file"):
        assemble(request, wish_of("start", request.settings), Plan(), "start")
    assert list(tmp_path.iterdir()) == []


def test_rules_that_cannot_be_end_a_start_before_anything_is_asked_or_fetched(
    tmp_path: Path,
) -> None:
    (tmp_path / RULES).mkdir(parents=True)
    (tmp_path / RULES / "mine.yml").write_bytes(b"\xe9")
    request = read_request({"OLLAMA_URL": "http://127.0.0.1:1"}, tmp_path)
    with pytest.raises(StackError, match=r"prometheus/rules/mine\.yml, line 1: expected UTF-8"):
        assemble(request, wish_of("start", request.settings), Plan(), "start")
    assert not request.places.state.exists()


def test_a_variable_that_a_part_does_not_take_ends_a_start_once_it_was_not_asked_before(
    tmp_path: Path,
) -> None:
    request = read_request({"OLLAMA_URL": "http://127.0.0.1:1", "PROXY_PROT": "1"}, tmp_path)
    wish = wish_of("start-proxy", request.settings)
    with pytest.raises(SettingsError, match="unknown setting PROXY_PROT, did you mean PROXY_PORT"):
        assemble(request, wish, Plan(), "start-proxy")
    with pytest.raises(StackError, match="no Ollama answers at OLLAMA_URL"):
        assemble(request, wish, Plan(), "start-proxy", is_taken=True)


def test_a_part_that_comes_beside_what_runs_is_asked_too_and_what_stays_is_not(
    tmp_path: Path,
) -> None:
    request = read_request({"DASHBOARD_PROT": "1", "PROXY_PROT": "1"}, tmp_path)
    wish = wish_of("start-dashboard", request.settings)
    with pytest.raises(SettingsError, match=r"^dashboard: unknown setting DASHBOARD_PROT.*$"):
        assemble(request, wish, DIRECT_WITHOUT_DASHBOARD, "start-dashboard")


def test_an_alertmanager_that_is_wanted_anew_is_news_to_a_prometheus_that_runs(
    tmp_path: Path,
) -> None:
    request = read_request({"ALERTMANAGER": "on"}, tmp_path)
    running = Plan((PROXY, PROMETHEUS), wished=DIRECT.wished)
    found = change(request, wish_of("start", request.settings), running)
    assert found.arrives == {"alertmanager"}
    assert found.differs == ("ALERTMANAGER",)


def test_a_traffic_worker_comes_beside_a_prometheus_and_is_news_to_a_dashboard(
    tmp_path: Path,
) -> None:
    request = read_request({"TRAFFIC": "on"}, tmp_path)
    wish = wish_of("start", request.settings)
    found = change(request, wish, Plan((PROXY, PROMETHEUS), wished=DIRECT.wished))
    assert found.arrives == {"traffic"}
    assert found.differs == ()
    shown = Plan((PROXY, PROMETHEUS, DASHBOARD), wished=DIRECT.wished)
    found = change(request, wish, shown)
    assert found.arrives == {"traffic"}
    assert found.differs == ("TRAFFIC",)
    alone = read_request({"TRAFFIC": "on", "PROMETHEUS": "off"}, tmp_path)
    found = change(alone, wish_of("start", alone.settings), DIRECT)
    assert found.arrives == {"traffic"}
    assert found.differs == ()


def test_a_traffic_worker_beside_what_runs_is_planned_for_its_proxy(tmp_path: Path) -> None:
    variables = {
        "TRAFFIC": "on",
        **dict.fromkeys(("PROMETHEUS", "GPU_EXPORTER", "DASHBOARD"), "off"),
    }
    request = read_request({**variables, "TRAFFIC_WORKER_PORT": str(free_port())}, tmp_path)
    running = Plan((PROXY,), wished=("proxy",), digests=digests(variables))
    plan = assemble(request, wish_of("start", request.settings), running, "start")
    assert [part.name for part in plan.parts] == ["proxy", "traffic"]
    assert plan.parts[1].environment["TRAFFIC_BASE_URL"] == "http://127.0.0.1:1"


def test_a_dashboard_comes_beside_what_runs_and_is_told_of_it(tmp_path: Path) -> None:
    request = read_request({"DASHBOARD_PORT": str(free_port())}, tmp_path)
    control = Address("proxy metrics", "127.0.0.1", 3, "PROXY_CONTROL_PORT")
    proxy = Part("proxy", (), (*PROXY.addresses, control), "", 1, 1)
    running = Plan((proxy, PROMETHEUS), wished=("proxy", "prometheus"))
    plan = assemble(request, wish_of("start-dashboard", request.settings), running, "start")
    assert [part.name for part in plan.parts] == ["proxy", "prometheus", "dashboard"]
    assert plan.parts[2].environment["DASHBOARD_PROXY_URL"] == "http://127.0.0.1:3"
    assert plan.parts[2].environment["DASHBOARD_PROMETHEUS_URL"] == "http://127.0.0.1:2"
    assert plan.wished == ("dashboard", "prometheus", "proxy")


@pytest.mark.parametrize(
    ("verb", "variables"),
    [("start", {}), ("start-dashboard", {}), ("start-dashboard", {"DASHBOARD_PORT": "3005"})],
)
def test_a_dashboard_that_was_off_comes_when_it_is_asked_for(
    verb: str, variables: dict[str, str], tmp_path: Path
) -> None:
    wished = ("proxy", "gpu-exporter", "prometheus")
    running = Plan((PROXY, PROMETHEUS), wished=wished, digests=digests({"DASHBOARD": "off"}))
    request = read_request(variables, tmp_path)
    found = change(request, wish_of(verb, request.settings), running)
    assert found.arrives == {"dashboard"}
    assert found.differs == ()


def test_ports_are_checked_before_anything_is_fetched(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        request = read_request({"PORTKEY_PORT": str(taken.getsockname()[1])}, tmp_path)
        wish = wish_of("start-portkey", request.settings)
        with pytest.raises(StackError, match="make start-portkey PORTKEY_PORT="):
            assemble(request, wish, Plan(digests=digests({})), "start-portkey")
    assert list(tmp_path.iterdir()) == []
