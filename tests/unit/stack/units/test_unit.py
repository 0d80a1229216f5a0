import sys
from pathlib import Path

import pytest

from stack.parts import Part
from stack.request import read_request
from stack.units.folders import UnitPlaces, unit_places
from stack.units.hardening import Footing
from stack.units.names import unit_of
from stack.units.unit import render, target
from tests.unitfiles import every_part

CHECKOUT = Path("/home/jo/my checkout")
REQUEST = read_request({}, CHECKOUT)
PYTHON = (Path(sys.executable), Path("/usr"))


def places(footing: Footing) -> UnitPlaces:
    return unit_places(REQUEST.places, footing.is_system)


def part(name: str, footing: Footing) -> Part:
    return next(one for one in every_part(REQUEST, places(footing)) if one.name == name)


def lines(name: str, footing: Footing = Footing.USER) -> list[str]:
    text = render(part(name, footing), {}, footing, places(footing), PYTHON)
    return text.splitlines()


def test_a_unit_starts_what_the_supervisor_would_start() -> None:
    found = lines("proxy")
    assert f'ExecStart=:"{sys.executable}" "-m" "proxy"' in found
    assert f"WorkingDirectory={CHECKOUT}" in found
    assert f"EnvironmentFile={CHECKOUT}/.local/service/proxy.env" in found


def test_a_part_is_started_again_however_it_ended_and_never_given_up() -> None:
    found = lines("gpu-exporter")
    assert {"Restart=always", "RestartSec=2", "StartLimitIntervalSec=0"} <= set(found)


def test_requests_in_flight_have_as_long_as_under_the_supervisor() -> None:
    assert f"TimeoutStopSec={part('proxy', Footing.USER).stop_seconds:.0f}" in lines("proxy")


def test_whom_others_need_is_waited_for_and_not_given_up_when_late() -> None:
    (waits,) = [line for line in lines("engine") if line.startswith("ExecStartPost=")]
    assert waits.startswith("ExecStartPost=-:")
    assert waits.endswith('"stack.units.ready" "http://127.0.0.1:11434/-/ready" "60"')
    assert "TimeoutStartSec=75" in lines("engine")


def test_prometheus_holds_nobody_up_while_it_reads_its_log() -> None:
    assert not [line for line in lines("prometheus") if line.startswith("ExecStartPost=")]


def test_what_asks_stops_before_whom_it_asks_and_prometheus_sees_all_go() -> None:
    (order,) = [line for line in lines("traffic") if line.startswith("After=")]
    assert order == f"After={unit_of('prometheus')} {unit_of('proxy')}"
    (order,) = [line for line in lines("proxy") if line.startswith("After=")]
    assert {unit_of("engine"), unit_of("portkey")} < set(order.removeprefix("After=").split())


def test_only_the_systems_units_wait_for_the_network_and_for_ollama() -> None:
    assert "After=network-online.target ollama.service" in lines("proxy", Footing.SYSTEM)
    assert not [line for line in lines("proxy") if "network-online" in line]


def test_a_users_prometheus_may_write_its_numbers_and_nothing_else() -> None:
    kept = f'"{CHECKOUT}/.local/prometheus-data"'
    found = lines("prometheus")
    assert [line for line in found if line.startswith("ReadWritePaths=")] == [
        f"ReadWritePaths={kept}"
    ]
    assert f"BindPaths={kept}" in found


def test_the_systems_prometheus_writes_where_systemd_lets_it() -> None:
    found = lines("prometheus", Footing.SYSTEM)
    assert "StateDirectory=ollama-observe/prometheus-data" in found
    assert any("--storage.tsdb.path=/var/lib/ollama-observe/prometheus-data" in x for x in found)


def test_a_webhook_stays_root_s_file_and_is_handed_on() -> None:
    found = lines("alertmanager", Footing.SYSTEM)
    assert "LoadCredential=alertmanager.yml:/etc/ollama-observe/alertmanager.yml" in found
    given = "/run/credentials/ollama-observe-alertmanager.service/alertmanager.yml"
    assert any(f"--config.file={given}" in line for line in found)


def test_a_users_alertmanager_reads_the_users_own_file() -> None:
    found = lines("alertmanager")
    assert any(f"--config.file={CHECKOUT}/.local/service/alertmanager.yml" in x for x in found)
    assert not [line for line in found if line.startswith("LoadCredential=")]


@pytest.mark.parametrize("footing", Footing)
def test_no_value_of_a_variable_stands_in_a_unit(footing: Footing) -> None:
    variables = {"PROXY_USER_SALT": "hush-hush"}
    text = render(part("proxy", footing), variables, footing, places(footing), PYTHON)
    assert "hush-hush" not in text


def test_the_target_brings_every_part_and_says_whose_it_is() -> None:
    text = target(["proxy", "engine"], places(Footing.USER))
    assert f"Wants={unit_of('proxy')} {unit_of('engine')}" in text
    assert "WantedBy=default.target" in text
    assert f"Checkout={CHECKOUT}" in text


def test_the_systems_target_comes_with_the_machine() -> None:
    assert "WantedBy=multi-user.target" in target(["proxy"], places(Footing.SYSTEM))


def test_every_part_belongs_to_the_target() -> None:
    for name in ("proxy", "prometheus", "alertmanager"):
        assert "PartOf=ollama-observe.target" in lines(name)
