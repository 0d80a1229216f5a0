"""The Compose files are valid, and bring what they promise in every combination."""

import itertools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stack.places import REPOSITORY
from tests.compose.files import (
    AMD,
    BASE,
    GPU,
    HOST,
    OVERRIDES,
    PROFILES,
    SETTINGS,
    SWARM,
    mistakes_in,
    need_compose,
    read,
    written,
)

ALWAYS = {"front", "proxy", "prometheus", "dashboard"}
WITH_OLLAMA = {"ollama", "pull-model", "model"}
OF_PROFILE = {
    "portkey": {"portkey"},
    "stress": {"traffic"},
    "engine": {"engine", "gpu-exporter"},
    "demo": {"engine", "gpu-exporter-demo"},
}
IN_PLACE_OF_OLLAMA = {"engine", "demo"}
WITH_ALL_PORTS = ("portkey", "stress", "grafana")
"""Profiles that publish ports beside those that are always there."""
TOGETHER = [
    (BASE,),
    *((BASE, name) for name in OVERRIDES),
    (BASE, GPU, HOST),
    (BASE, AMD, HOST),
    (BASE, GPU, SETTINGS),
    (BASE, SWARM),
]
CHOICES = [
    chosen
    for count in range(len(PROFILES) + 1)
    for chosen in itertools.combinations(PROFILES, count)
]
COMBINED = [
    (files, profiles)
    for files in TOGETHER
    # only without Ollama is it another question which profiles there are
    for profiles in (CHOICES if files in ((BASE,), (BASE, HOST)) else (CHOICES[0], CHOICES[-1]))
]


@pytest.mark.parametrize("name", [BASE, *OVERRIDES, SWARM])
def test_a_file_is_valid_by_the_specification(name: str) -> None:
    assert mistakes_in(written(name)) == []


@pytest.mark.parametrize(("files", "profiles"), COMBINED, ids=lambda names: "+".join(names))
def test_files_and_profiles_bring_the_services_that_they_promise(
    files: tuple[str, ...], profiles: tuple[str, ...]
) -> None:
    need_compose()
    expected = ALWAYS.union(*(OF_PROFILE[name] for name in profiles))
    if not profiles or set(profiles) - IN_PLACE_OF_OLLAMA:
        expected |= {"gpu-exporter"} | (set() if HOST in files else WITH_OLLAMA)
    assert set(read(files, profiles)["services"]) == expected


@pytest.mark.parametrize("profiles", CHOICES, ids=lambda names: "+".join(names) or "none")
def test_without_ollama_there_is_only_what_goes_without(profiles: tuple[str, ...]) -> None:
    need_compose()
    expected = ALWAYS.union(*(OF_PROFILE[name] for name in profiles))
    assert set(read(profiles=profiles, OLLAMA="off")["services"]) == expected


# one more among PROFILES would be as many combinations again
@pytest.mark.parametrize(
    ("profiles", "variables", "expected"),
    [
        (["grafana"], {}, {*ALWAYS, *WITH_OLLAMA, "gpu-exporter", "grafana"}),
        (["grafana"], {"OLLAMA": "off"}, {*ALWAYS, "grafana"}),
        (["grafana", "demo"], {"OLLAMA": "off"}, {*ALWAYS, *OF_PROFILE["demo"], "grafana"}),
    ],
)
def test_grafana_comes_beside_what_there_is(
    profiles: list[str], variables: dict[str, str], expected: set[str]
) -> None:
    need_compose()
    assert set(read(profiles=profiles, **variables)["services"]) == expected


def test_grafana_asks_the_prometheus_that_the_dashboard_asks() -> None:
    need_compose()

    def told(**variables: str) -> tuple[str, str]:
        found = read(profiles=["grafana"], **variables)["services"]["grafana"]["environment"]
        return found["PROMETHEUS_URL"], found["PROMETHEUS_SCRAPE_INTERVAL_SECONDS"]

    assert told() == ("http://prometheus:9090", "5")
    own = {"DASHBOARD_PROMETHEUS_URL": "http://metrics:9090"}
    assert told(**own, PROMETHEUS_SCRAPE_INTERVAL_SECONDS="15") == ("http://metrics:9090", "15")


@pytest.mark.parametrize(
    "profiles",
    [("portkey", "stress"), ("portkey", "stress", "engine"), ("portkey", "stress", "demo")],
)
def test_no_port_is_published_twice(profiles: tuple[str, ...]) -> None:
    need_compose()
    variables = {"OLLAMA": "off"} if set(profiles) & IN_PLACE_OF_OLLAMA else {}
    found = read(profiles=profiles, **variables)
    ports = published(found)
    assert len(ports) == len(set(ports))
    assert {"11434", "11435", "8001", "8000", "3001", "9090"} <= set(ports)


def published(found: dict[str, Any]) -> list[str]:
    services = found["services"].values()
    return [port["published"] for service in services for port in service.get("ports", ())]


PORTS = {
    "OLLAMA_PORT": "11434",
    "PROXY_PORT": "11435",
    "PROXY_CONTROL_PORT": "8001",
    "GPU_EXPORTER_PORT": "8000",
    "DASHBOARD_PORT": "3001",
    "PROMETHEUS_PORT": "9090",
    "PORTKEY_PORT": "8787",
    "TRAFFIC_WORKER_PORT": "8002",
    "GRAFANA_PORT": "3000",
}


def test_ports_are_those_of_the_house() -> None:
    need_compose()
    assert sorted(published(read(profiles=WITH_ALL_PORTS))) == sorted(PORTS.values())


@pytest.mark.parametrize(("variable", "port"), PORTS.items())
def test_a_port_is_moved_by_one_variable_and_stays_where_it_was_inside(
    variable: str, port: str
) -> None:
    need_compose()
    before = read(profiles=WITH_ALL_PORTS)
    after = read(profiles=WITH_ALL_PORTS, **{variable: "12345"})
    moved = set(published(after)) - set(published(before))
    assert moved == {"12345"}
    assert set(published(before)) - set(published(after)) == {port}
    inside = [port["target"] for one in after["services"].values() for port in one.get("ports", ())]
    assert sorted(map(str, inside)) == sorted(PORTS.values())


def test_the_engine_s_port_is_moved_by_one_variable_too() -> None:
    need_compose()
    assert "12345" in published(read(profiles=["demo"], ENGINE_PORT="12345"))


def test_an_address_is_opened_by_one_variable() -> None:
    need_compose()
    by_bind = ("OLLAMA_PORT", "PORTKEY_PORT")
    names = [name.replace("_PORT", "_BIND" if name in by_bind else "_HOST") for name in PORTS]
    opened = read(profiles=WITH_ALL_PORTS, **dict.fromkeys(names, "0.0.0.0"))
    services = opened["services"].values()
    found = {port["host_ip"] for service in services for port in service.get("ports", ())}
    assert found == {"0.0.0.0"}


def test_cards_are_asked_for_by_their_override_alone() -> None:
    need_compose()
    assert "nvidia" not in json.dumps(read())
    found = read((BASE, GPU))["services"]
    for name in ("ollama", "gpu-exporter"):
        (device,) = found[name]["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "count": -1, "capabilities": ["gpu"]}
    assert found["gpu-exporter"]["pid"] == "host"
    with_amd = read((BASE, AMD))["services"]
    assert [device["source"] for device in with_amd["ollama"]["devices"]] == [
        "/dev/kfd",
        "/dev/dri",
    ]
    assert with_amd["ollama"]["image"] == with_amd["pull-model"]["image"]
    assert with_amd["ollama"]["image"].endswith("-rocm")


def test_the_exporter_may_read_what_ollama_was_set_to_by_an_override_alone() -> None:
    need_compose()
    before, after = read()["services"], read((BASE, SETTINGS))["services"]
    assert "user" not in before["gpu-exporter"]
    assert after["gpu-exporter"].pop("user") == "0:0"
    assert after == before
    # root alone is enough for a root that has no capabilities
    assert before["ollama"]["cap_drop"] == ["ALL"]
    assert not {"user", "cap_add"} & set(before["ollama"])


def test_an_ollama_on_the_host_is_asked_by_everybody_who_asks_ollama() -> None:
    need_compose()
    text = json.dumps(read((BASE, HOST), ["portkey", "stress"]))
    assert "http://ollama:" not in text
    found = read((BASE, HOST), ["portkey", "stress"])["services"]
    for name in ("proxy", "gpu-exporter", "portkey", "traffic"):
        assert found[name]["extra_hosts"] == ["host.docker.internal=host-gateway"], name
    elsewhere = read((BASE, HOST), OLLAMA_URL="http://gpu-box:11434")
    told = elsewhere["services"]["proxy"]["environment"]["PROXY_OLLAMA_URL"]
    assert told == "http://gpu-box:11434"


def test_a_proxy_answers_to_this_machine_s_names_and_those_that_it_is_told() -> None:
    need_compose()

    def names(**variables: str) -> set[str]:
        told = read(**variables)["services"]["proxy"]["environment"]["PROXY_ALLOWED_HOSTS"]
        return set(told.split(",")) - {""}

    own = {"localhost", "127.0.0.1", "host.docker.internal", "front", "proxy"}
    assert names() == own
    assert names(PROXY_HOST="10.0.0.7", PROXY_ALLOWED_HOSTS="a.example,b.example") == {
        *own,
        *("10.0.0.7", "a.example", "b.example"),
    }


@pytest.mark.parametrize(
    ("drain", "patience", "hard_stop"),
    [
        (None, "45s", "40s"),
        ("3600", "1h0m15s", "3610s"),
        ("2.5", "17.5s", "12s"),
        ("0", "15s", "10s"),
    ],
)
def test_who_drains_longer_is_waited_for_longer(
    drain: str | None, patience: str, hard_stop: str, tmp_path: Path
) -> None:
    need_compose()
    found = read(**({"PROXY_DRAIN_SECONDS": drain} if drain else {}))["services"]
    told = [found[name]["environment"]["PROXY_DRAIN_SECONDS"] for name in ("proxy", "front")]
    assert told == [drain or "30"] * 2
    assert [found[name]["stop_grace_period"] for name in ("proxy", "front")] == [patience] * 2
    # in HAProxy's place
    (tmp_path / "haproxy").write_text('#!/bin/sh\necho "$HARD_STOP_AFTER"\n')
    (tmp_path / "haproxy").chmod(0o755)
    done = subprocess.run(
        ["sh", str(REPOSITORY / "docker/front")],
        env={"PATH": f"{tmp_path}:{os.defpath}", "PROXY_DRAIN_SECONDS": told[1]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{hard_stop}\n"
    assert 'hard-stop-after "${HARD_STOP_AFTER}"' in (REPOSITORY / "docker/haproxy.cfg").read_text()


def test_what_the_operator_says_to_a_service_reaches_its_container() -> None:
    need_compose()
    variables = {"PROXY_LOG_LEVEL": "debug", "PROXY_MAX_REQUESTS": "7", "PROXY_HOST": "127.0.0.2"}
    told = read(**variables)["services"]["proxy"]["environment"]
    assert (told["PROXY_LOG_LEVEL"], told["PROXY_MAX_REQUESTS"]) == ("debug", "7")
    assert "PROXY_HOST" not in told
    assert "PROXY_MAX_HEAD_BYTES" not in told  # not set: the service's own default
