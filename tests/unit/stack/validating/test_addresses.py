import os
import socket

from stack.docker.choice import Choice
from stack.docker.compose import Project
from stack.docker.preparing import Prepared
from stack.parts import Address
from stack.places import REPOSITORY
from stack.validating.addresses import findings, of_containers
from tests.ports import free_port


def test_each_port_is_free_or_ours_or_somebody_s_who_is_named() -> None:
    with socket.socket() as taken, socket.socket() as own:
        for one in (taken, own):
            one.bind(("127.0.0.1", 0))
            one.listen()
        ports = {
            "PROXY_PORT": taken.getsockname()[1],
            "PROMETHEUS_PORT": own.getsockname()[1],
            "DASHBOARD_PORT": free_port(),
        }
        wanted = [Address("part", "127.0.0.1", port, name) for name, port in ports.items()]
        theirs, ours, free = findings(wanted, {ports["PROMETHEUS_PORT"]}, "restart")
    assert (theirs.is_ok, ours.is_ok, free.is_ok) == (False, True, True)
    assert f"(pid {os.getpid()})" in theirs.detail
    assert theirs.remedy.startswith("make restart PROXY_PORT=")
    assert ours.detail == f"{ports['PROMETHEUS_PORT']} (part): ours, it runs"
    assert free.detail.endswith(": free")


def test_a_container_s_ports_are_those_that_compose_publishes() -> None:
    ports = '[{"target": 11435, "published": "21435", "host_ip": "127.0.0.1"}]'
    prepared = Prepared(
        Project("x", REPOSITORY, {}),
        Choice((), (), {}, ""),
        ("front",),
        f'{{"services": {{"front": {{"ports": {ports}}}}}}}',
    )
    assert of_containers(prepared) == [Address("proxy", "127.0.0.1", 21435, "PROXY_PORT")]
