"""What a composed file becomes for Swarm: pure but for the files that travel."""

import hashlib
import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.swarm import Document, RefusedError, Stack
from stack.places import REPOSITORY
from tests.compose.files import BASE, GPU, PROFILES, SWARM, need_compose, read

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
    for address in ({}, {"host_ip": "0.0.0.0"}, {"host_ip": "::"}):
        (port,) = service(ports=[PORT | address])["ports"]
        assert port == PORT | {"published": 11435, "mode": "host"}


def test_a_port_for_one_address_is_not_published_on_all_and_a_sentence_says_so() -> None:
    stack = Stack(Path("/nowhere"))
    for address in ("127.0.0.1", "::1", "192.0.2.7"):
        become = stack.service("front", {"image": "x", "ports": [PORT | {"host_ip": address}]})
        assert "ports" not in become
    (sentence,) = stack.notes()
    assert sentence.startswith("not published: front:11435, front:11435, front:11435. ")
    assert sentence.endswith("0.0.0.0 publishes them")


def test_a_port_that_is_to_be_any_is_any() -> None:
    said = {"target": 80, "protocol": "tcp", "mode": "ingress"}
    assert service(ports=[said])["ports"] == [said | {"mode": "host"}]


def test_one_port_out_of_several_is_refused_with_a_sentence() -> None:
    with pytest.raises(RefusedError, match="proxy: expected one published port for 11435, found 8"):
        service(ports=[PORT | {"published": "8000-8005"}])
    composed = {"services": {"a": {"image": "x", "ports": [PORT | {"published": "1-2"}]}}}
    done = subprocess.run(
        ["python3", str(REPOSITORY / "scripts/swarm.py")],
        input=json.dumps(composed),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("a: expected one published port for 11435, found 1-2")


def lost(said: Document, **more: Any) -> list[str]:
    """What is said not to be carried over of one service."""
    stack = Stack(Path("/nowhere"))
    stack.of({"name": "x", "services": {"a": {"image": "x", **said}}, **more})
    begin = "not carried over, which Swarm does not have: "
    return [note.removeprefix(begin) for note in stack.notes()]


def test_a_key_that_swarm_does_not_have_is_named_once_with_all_its_services() -> None:
    stack = Stack(Path("/nowhere"))
    for name in ("front", "proxy"):
        stack.service(name, {"image": "x", "security_opt": ["no-new-privileges:true"]})
    (note,) = stack.notes()
    assert note.endswith("Swarm does not have: security_opt (front, proxy)")


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"networks": {"default": {"ipv4_address": "10.0.0.3"}}}, "ipv4_address (a in default)"),
        ({"ports": [PORT | {"app_protocol": "http"}]}, "app_protocol (port a:11435)"),
        ({"tmpfs": ["/t:noexec,mode=1777"]}, "noexec (a:/t)"),
        (
            {
                "volumes": [
                    {"type": "bind", "source": "/s", "target": "/t", "bind": {"selinux": "z"}}
                ]
            },
            "selinux (a:/t)",
        ),
    ],
)
def test_a_setting_of_a_port_mount_or_network_that_goes_is_named(said: Document, note: str) -> None:
    assert lost(said) == [note]


def test_settings_of_volumes_and_networks_stay_or_are_named() -> None:
    volume = {"driver": "local", "driver_opts": {"type": "nfs"}, "labels": {"a": "b"}}
    volumes = {
        "models": {"name": "x_models", **volume},
        "theirs": {"name": "elsewhere", "external": True},
        "named": {"name": "for-good"},
    }
    networks = {
        "default": {"name": "x_default", "driver": "bridge", "internal": True, "ipam": {}},
        "theirs": {"name": "theirs", "external": True, "ipam": {}},
    }
    become = made({"image": "x"}, volumes=volumes, networks=networks)
    assert become["volumes"] == {
        "models": volume,
        "theirs": {"name": "elsewhere", "external": True},
        "named": {"name": "for-good"},
    }
    assert become["networks"] == {
        "default": {"driver": "overlay", "internal": True},
        "theirs": {"name": "theirs", "external": True},
    }
    assert lost({}, networks={"n": {"driver": "macvlan", "driver_opts": {"parent": "eth0"}}}) == [
        "driver (network n)",
        "driver_opts (network n)",
    ]


def test_a_mount_keeps_what_both_know() -> None:
    mounts = [
        {"type": "volume", "target": "/anonymous", "volume": {}},
        {"type": "volume", "source": "v", "target": "/v", "volume": {"nocopy": True}},
        {"type": "bind", "source": "/s", "target": "/s", "bind": {"propagation": "rslave"}},
        {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "100"}},
    ]
    assert service(volumes=mounts)["volumes"] == [
        {"type": "volume", "target": "/anonymous"},
        *mounts[1:3],
        {"type": "tmpfs", "target": "/t", "tmpfs": {"size": 100}},
    ]
    with pytest.raises(RefusedError, match="proxy:/i: expected bind, volume or tmpfs, found image"):
        service(volumes=[{"type": "image", "source": "x", "target": "/i"}])


@pytest.mark.parametrize(
    "profiles",
    [
        chosen
        for count in range(len(PROFILES) + 1)
        for chosen in itertools.combinations(PROFILES, count)
    ]
    + [("grafana",)],
    ids=lambda names: "+".join(names) or "none",
)
def test_the_stack_s_own_file_is_one_that_docker_reads_and_loses_no_more_than_is_told(
    profiles: tuple[str, ...],
) -> None:
    need_compose()
    stack = Stack(REPOSITORY)
    become = stack.of(read((BASE, SWARM), profiles, PROXY_HOST="0.0.0.0"))
    assert set(stack.lost) == {"security_opt"}
    assert [port["published"] for port in become["services"]["front"]["ports"]] == [11435]
    require_read(become)


def require_read(become: Document) -> None:
    """That `docker stack` takes a file without a word."""
    done = subprocess.run(
        ["docker", "stack", "config", "--compose-file", "-"],
        input=json.dumps(become),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_cards_are_named_as_lost_and_the_file_is_one_that_docker_reads() -> None:
    need_compose()
    stack = Stack(REPOSITORY)
    become = stack.of(read((BASE, GPU, SWARM), PROXY_HOST="0.0.0.0"))
    assert set(stack.lost["devices"]) == {"ollama", "gpu-exporter"}
    assert "reservations" not in become["services"]["ollama"]["deploy"]["resources"]
    require_read(become)


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
    volumes = {"models": {"name": "x_models"}}
    become = made({"image": "x", "volumes": mounts}, tmp_path, volumes=volumes)
    assert become["services"]["proxy"]["volumes"] == [
        {"type": "bind", "source": "/proc", "target": "/host/proc", "read_only": True},
        {"type": "volume", "source": "models", "target": "/models"},
    ]
    assert become["volumes"] == {"models": {}}


def test_networks_span_machines_and_aliases_stay() -> None:
    networks = {"default": {"aliases": ["ollama"]}}
    become = made({"image": "x", "networks": networks}, networks={"default": {"name": "x_default"}})
    assert become["networks"] == {"default": {"driver": "overlay"}}
    assert become["services"]["proxy"]["networks"] == networks
