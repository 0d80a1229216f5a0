from collections.abc import Mapping

import pytest

from stack.docker.choice import Choice, Facts, choose, seen_from_inside, services_of
from stack.errors import StackError, UnfitError
from stack.settings import parse
from stack.wish import Wish, wish_of

NONE: dict[str, str] = {}
KNOWN = ("ollama", "pull-model", "proxy", "front", "gpu-exporter", "prometheus", "dashboard")


def chosen(
    variables: Mapping[str, str] = NONE, facts: Facts | None = None, verb: str = "start"
) -> Choice:
    settings = parse(variables)
    return choose(settings, variables, wish_of(verb, settings), facts or Facts())


def test_by_default_ollama_is_a_container() -> None:
    found = chosen()
    assert found.files == ("compose.yaml",)
    assert found.profiles == ()
    assert found.environment["COMPOSE_PROFILES"] == ""
    assert found.by_hand == ""


@pytest.mark.parametrize(
    ("facts", "files"),
    [
        (Facts(has_nvidia=True, has_amd=True), ("compose.yaml", "compose.gpu.yaml")),
        (Facts(has_amd=True), ("compose.yaml", "compose.amd.yaml")),
        (Facts(has_own_file=True), ("compose.yaml", "compose.override.yaml")),
        (
            Facts(has_nvidia=True, version="0.33.0", is_reached=True),
            ("compose.yaml", "compose.gpu.yaml", "compose.host-ollama.yaml"),
        ),
    ],
)
def test_what_is_there_chooses_the_files(facts: Facts, files: tuple[str, ...]) -> None:
    assert chosen(facts=facts).files == files


def test_an_ollama_of_this_machine_is_told_as_containers_reach_it() -> None:
    found = chosen(facts=Facts(version="0.33.0", is_reached=True))
    assert found.variables == {"OLLAMA_URL": "http://host.docker.internal:11434"}
    assert found.model_api == "Ollama 0.33.0, which answers at http://127.0.0.1:11434"
    assert found.by_hand.endswith("OLLAMA_URL=http://host.docker.internal:11434")


def test_an_ollama_of_another_machine_is_no_business_of_this_machine_s_exporter() -> None:
    facts = Facts(version="0.33.0", is_reached=True, is_elsewhere=True)
    found = chosen({"OLLAMA_URL": "http://box:11434"}, facts)
    assert found.variables == {
        "OLLAMA_URL": "http://box:11434",
        "GPU_EXPORTER_OLLAMA_ELSEWHERE": "true",
    }


def test_an_ollama_on_the_loopback_alone_is_not_for_containers() -> None:
    with pytest.raises(UnfitError, match="loopback alone, which containers do not reach"):
        chosen(facts=Facts(version="0.33.0"))


def test_an_address_that_was_asked_for_is_never_replaced() -> None:
    with pytest.raises(StackError, match="no Ollama answers at OLLAMA_URL=http://box:1") as error:
        chosen({"OLLAMA_URL": "http://me:word@box:1"})
    assert not isinstance(error.value, UnfitError)


def test_the_demo_takes_ollama_s_place_whatever_is_there() -> None:
    facts = Facts(has_nvidia=True, version="0.33.0")
    found = chosen({"COMPOSE_PROFILES": "demo"}, facts)
    assert found.files == ("compose.yaml",)
    assert found.variables == {"OLLAMA": "off"}
    assert found.has_engine
    assert found.by_hand == "COMPOSE_PROFILES=demo OLLAMA=off"


def test_the_embedded_engine_is_a_profile_with_the_machine_s_own_cards() -> None:
    found = chosen({"ENGINE": "embedded"}, Facts(has_nvidia=True))
    assert found.profiles == ("engine",)
    assert found.files == ("compose.yaml", "compose.gpu.yaml")
    assert found.variables == {"OLLAMA": "off"}
    both = chosen({"ENGINE": "embedded", "COMPOSE_PROFILES": "demo"})
    assert both.profiles == ("demo",)


def test_parts_that_have_a_profile_bring_it() -> None:
    assert chosen(verb="start-with-portkey").profiles == ("portkey",)
    assert chosen({"TRAFFIC": "on", "PORTKEY": "on"}).profiles == ("portkey", "stress")
    by_hand = chosen({"COMPOSE_PROFILES": "stress, mine"}, verb="start-portkey")
    assert by_hand.profiles == ("stress", "mine", "portkey")


def test_grafana_comes_with_its_profile_and_has_a_prometheus_to_ask() -> None:
    assert chosen({"GRAFANA": "on"}).profiles == ("grafana",)
    assert chosen({"GRAFANA": "on"}, verb="start-proxy").profiles == ("grafana",)
    without = {"GRAFANA": "on", "PROMETHEUS": "off"}
    with pytest.raises(StackError, match="DASHBOARD_PROMETHEUS_URL"):
        chosen(without)
    own = {"DASHBOARD_PROMETHEUS_URL": "http://metrics:9090"}
    assert chosen(without | own).profiles == ("grafana",)


def test_files_by_hand_win() -> None:
    facts = Facts(has_nvidia=True, version="0.33.0", is_reached=True)
    assert chosen({"COMPOSE_FILE": "a.yaml:b.yaml"}, facts).files == ("a.yaml", "b.yaml")
    apart = {"COMPOSE_FILE": "a.yaml;b.yaml", "COMPOSE_PATH_SEPARATOR": ";"}
    assert chosen(apart).environment["COMPOSE_FILE"] == "a.yaml:b.yaml"
    host = chosen({"COMPOSE_FILE": "compose.yaml:compose.host-ollama.yaml"})
    assert host.variables == {"OLLAMA_URL": "http://host.docker.internal:11434"}


@pytest.mark.parametrize(
    ("verb", "told"), [("start", None), ("start-proxy", "false"), ("start-proxy-portkey", "true")]
)
def test_only_the_verbs_that_say_a_way_tell_the_proxy_one(verb: str, told: str | None) -> None:
    assert chosen(verb=verb).variables.get("PROXY_ENABLE_PORTKEY") == told


@pytest.mark.parametrize(
    ("variables", "verb", "words"),
    [
        ({"ALERTMANAGER": "on"}, "start", "ALERTMANAGER=on: no container"),
        ({"PORTKEY_HOST": "gw.example"}, "start-with-portkey", "PORTKEY_HOST=gw.example"),
        ({"PROXY_HOST": "::1"}, "start", "PROXY_HOST: .* an address of IPv4, found '::1'"),
    ],
)
def test_what_containers_cannot_be_is_said(
    variables: dict[str, str], verb: str, words: str
) -> None:
    with pytest.raises(UnfitError, match=words):
        chosen(variables, verb=verb)


def test_a_port_of_localhost_is_published_on_its_address() -> None:
    assert chosen({"DASHBOARD_HOST": "localhost"}).variables == {"DASHBOARD_HOST": "127.0.0.1"}


def test_somebody_else_s_alertmanager_is_told() -> None:
    assert chosen({"ALERTMANAGER": "on", "ALERTMANAGER_HOST": "am.example"}).files


def test_a_whole_start_has_all_but_what_is_switched_off() -> None:
    settings = parse({"GPU_EXPORTER": "off", "DASHBOARD": "off"})
    known = (*KNOWN, "gpu-exporter-demo", "grafana")
    found = services_of(settings, wish_of("start", settings), known, is_whole=True)
    assert found == ("ollama", "pull-model", "proxy", "front", "prometheus", "grafana")


@pytest.mark.parametrize(
    ("verb", "services"),
    [
        ("start-dashboard", ("dashboard",)),
        ("start-proxy", ("proxy", "front")),
        ("start-ollama", ("ollama",)),
    ],
)
def test_a_part_is_its_services(verb: str, services: tuple[str, ...]) -> None:
    settings = parse({})
    assert services_of(settings, wish_of(verb, settings), KNOWN, is_whole=False) == services


def test_the_engine_stands_in_for_ollama() -> None:
    wish = Wish(frozenset({"ollama"}))
    assert services_of(parse({}), wish, ("engine", "proxy"), is_whole=False) == ("engine",)


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://127.0.0.1:11434", "http://host.docker.internal:11434"),
        ("http://localhost", "http://host.docker.internal"),
        ("http://me:word@[::1]:1/x", "http://me:word@host.docker.internal:1/x"),
        ("http://10.0.0.7:11434", "http://10.0.0.7:11434"),
    ],
)
def test_the_loopback_has_another_name_inside(url: str, inside: str) -> None:
    assert seen_from_inside(url) == inside


def test_the_dashboard_is_told_of_what_is_switched_off() -> None:
    told = chosen({"PROMETHEUS": "off", "GPU_EXPORTER": "off"}).variables
    assert (told["DASHBOARD_PROMETHEUS_URL"], told["DASHBOARD_GPU_EXPORTER_URL"]) == ("", "")
    by_hand = {"PROMETHEUS": "off", "DASHBOARD_PROMETHEUS_URL": "http://mine:9090"}
    assert "DASHBOARD_PROMETHEUS_URL" not in chosen(by_hand).variables
