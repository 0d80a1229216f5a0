"""What a composed file becomes for Swarm: pure but for the files that travel."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from scripts.swarm import Document, Stack

PORT = {"target": 11435, "published": "11435", "protocol": "tcp", "mode": "ingress"}


def made(service: Document, checkout: Path = Path("/nowhere"), **more: Any) -> Document:
    """The stack file of one service."""
    return Stack(checkout).of({"name": "x", "services": {"proxy": service}, **more})


def service(**said: Any) -> Document:
    """What one service becomes."""
    found: Document = made({"image": "proxy:1", **said})["services"]["proxy"]
    return found


def test_what_means_the_same_stays_as_it_is() -> None:
    same = {"environment": {"A": "$$b"}, "init": True, "read_only": True, "cap_drop": ["ALL"]}
    assert same.items() <= service(**same).items()


def test_what_is_empty_or_done_with_goes() -> None:
    become = service(command=None, build={"context": "."}, depends_on={"x": {}}, profiles=["demo"])
    assert become.keys() == {"image", "deploy"}


def test_limits_are_said_where_swarm_looks_for_them() -> None:
    limits = service(mem_limit="1073741824", pids_limit=256)["deploy"]["resources"]["limits"]
    assert limits == {"memory": "1073741824", "pids": 256}


def test_what_an_override_says_of_deployment_wins() -> None:
    told = {"endpoint_mode": "vip", "resources": {"limits": {"pids": 9}}, "replicas": 3}
    deploy = service(pids_limit=256, deploy=told)["deploy"]
    assert told.items() <= deploy.items()


def test_what_compose_never_starts_is_not_there() -> None:
    assert made({"image": "x", "deploy": {"replicas": 0}})["services"] == {}


def test_a_name_is_all_addresses_behind_it() -> None:
    assert service()["deploy"]["endpoint_mode"] == "dnsrr"


@pytest.mark.parametrize("restart", ["unless-stopped", "always"])
def test_a_service_is_started_again_whatever_ended_it(restart: str) -> None:
    deploy = service(restart=restart)["deploy"]
    assert deploy["restart_policy"] == {"condition": "any", "delay": "5s"}
    assert "mode" not in deploy


@pytest.mark.parametrize("restart", ["no", "on-failure:3"])
def test_what_runs_once_is_tried_until_it_has_done_its_work(restart: str) -> None:
    deploy = service(restart=restart)["deploy"]
    assert deploy["restart_policy"] == {"condition": "on-failure", "delay": "5s"}
    assert deploy["mode"] == "replicated-job"


def test_a_port_for_every_address_is_published_on_the_machines_own() -> None:
    for address in ({}, {"host_ip": "0.0.0.0"}, {"host_ip": "192.0.2.7"}):
        (port,) = service(ports=[PORT | address])["ports"]
        assert port == PORT | {"published": 11435, "mode": "host"}


def test_a_port_for_loopback_is_not_published_and_a_sentence_says_so() -> None:
    stack = Stack(Path("/nowhere"))
    for address in ("127.0.0.1", "::1"):
        become = stack.service("front", {"image": "x", "ports": [PORT | {"host_ip": address}]})
        assert "ports" not in become
    (sentence,) = stack.notes()
    assert sentence.startswith("not published: front:11435, front:11435. ")


def test_a_key_that_swarm_does_not_have_is_named_once_with_all_its_services() -> None:
    stack = Stack(Path("/nowhere"))
    for name in ("front", "proxy"):
        stack.service(name, {"image": "x", "security_opt": ["no-new-privileges:true"]})
    assert list(stack.notes()) == ["Swarm has no security_opt; without it: front, proxy"]


def test_a_folder_in_memory_keeps_its_size() -> None:
    sizes = {"64m": 64 << 20, "1G": 1 << 30, "512k": 512 << 10, "4096": 4096}
    for said, size in sizes.items():
        (mount,) = service(tmpfs=[f"/tmp:size={said},mode=1777"])["volumes"]
        assert mount == {"type": "tmpfs", "target": "/tmp", "tmpfs": {"size": size}}
    assert service(tmpfs=["/run"])["volumes"] == [{"type": "tmpfs", "target": "/run"}]


def test_files_of_the_checkout_travel_under_names_that_hold_what_is_in_them(
    tmp_path: Path,
) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    for name in ("a.yml", "b.yml"):
        (rules / name).write_text(name)
    (tmp_path / "prometheus.yml").write_text("x")
    mounts = [
        {"type": "bind", "source": str(rules), "target": "/rules", "read_only": True},
        {"type": "bind", "source": f"{tmp_path}/prometheus.yml", "target": "/p.yml"},
    ]
    become = made({"image": "x", "volumes": mounts}, tmp_path)
    targets = [config["target"] for config in become["services"]["proxy"]["configs"]]
    assert targets == ["/rules/a.yml", "/rules/b.yml", "/p.yml"]
    digest = hashlib.sha256(b"a.yml").hexdigest()[:12]
    assert become["configs"][f"a-{digest}"] == {"file": str(rules / "a.yml")}
    assert "volumes" not in become["services"]["proxy"]


def test_what_belongs_to_the_machine_stays_there(tmp_path: Path) -> None:
    mounts = [
        {"type": "bind", "source": "/proc", "target": "/host/proc", "read_only": True, "bind": {}},
        {"type": "volume", "source": "models", "target": "/models", "volume": {}},
    ]
    become = made({"image": "x", "volumes": mounts}, tmp_path, volumes={"models": {"name": "x_m"}})
    assert become["services"]["proxy"]["volumes"] == [
        {"type": "bind", "source": "/proc", "target": "/host/proc", "read_only": True},
        {"type": "volume", "source": "models", "target": "/models"},
    ]
    assert become["volumes"] == {"models": {}}


def test_networks_span_machines_and_aliases_stay() -> None:
    networks = {"default": {"aliases": ["ollama"]}}
    become = made({"image": "x", "networks": networks}, networks={"default": {"name": "x_d"}})
    assert become["networks"] == {"default": {"driver": "overlay"}}
    assert become["services"]["proxy"]["networks"] == networks
