"""Traffic is of the machine's interfaces, never of a container's own."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from gpu_exporter.collectors.host_network import HostNetwork, traffic_of
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine import net_dev
from tests.exporters import context_of
from tests.machines import read, write

linux = pytest.mark.skipif(not psutil.LINUX, reason="reads Linux's /proc")


def line(name: str, first: int) -> str:
    return f"{name}: {' '.join(str(first + position) for position in range(16))}\n"


CONTAINERS = line("lo", 0) + line("eth0", 500)
MACHINES = line("lo", 0) + line("enp3s0", 1000) + line("docker0", 2000) + line("veth1", 3000)


def test_the_machines_interfaces_are_those_of_its_first_process(tmp_path: Path) -> None:
    write(tmp_path, {"proc/net/dev": CONTAINERS, "proc/1/net/dev": MACHINES, ".dockerenv": ""})
    collector = HostNetwork(context_of(root=tmp_path), (tmp_path / ".dockerenv",), is_linux=True)
    assert read(collector) == {
        ("host_network_receive_bytes_total", "enp3s0"): 1000,
        ("host_network_transmit_bytes_total", "enp3s0"): 1008,
        ("host_network_errors_total", "enp3s0", "receive"): 1002,
        ("host_network_errors_total", "enp3s0", "transmit"): 1010,
        ("host_network_drops_total", "enp3s0", "receive"): 1003,
        ("host_network_drops_total", "enp3s0", "transmit"): 1011,
    }


def test_a_container_says_what_to_mount_and_tells_nothing_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, {"proc/net/dev": CONTAINERS, "proc/1/net/dev": CONTAINERS, ".dockerenv": ""})
    context = context_of(root=tmp_path)
    own_proc = context.settings.host_proc
    collector = HostNetwork(context, (tmp_path / ".dockerenv",), own_proc, is_linux=True)
    with pytest.raises(Unavailable, match=r"in a container.*GPU_EXPORTER_HOST_PROC"):
        read(collector)


def test_a_container_in_the_machines_network_reads_its_own(tmp_path: Path) -> None:
    budget = {"proc/sys/net/core/netdev_budget": "300\n"}
    write(tmp_path, {"proc/net/dev": MACHINES, ".dockerenv": "", **budget})
    context = context_of(root=tmp_path)
    own_proc = context.settings.host_proc
    collector = HostNetwork(context, (tmp_path / ".dockerenv",), own_proc, is_linux=True)
    assert {key[1] for key in read(collector)} == {"enp3s0"}


def test_a_proc_that_is_not_mounted_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"GPU_EXPORTER_HOST_PROC: .*1/net/dev"):
        read(HostNetwork(context_of(root=tmp_path), is_linux=True))


def test_a_machine_off_the_network_has_nothing_of_it(tmp_path: Path) -> None:
    write(tmp_path, {"proc/1/net/dev": line("lo", 0)})
    with pytest.raises(Unavailable, match="no network interface"):
        read(HostNetwork(context_of(root=tmp_path), is_linux=True))


def test_what_a_system_does_not_count_is_absent() -> None:
    counters = SimpleNamespace(bytes_sent=1, bytes_recv=2, errin=3, errout=4, dropin=5, dropout=6)
    assert traffic_of(counters, counts_dropout=True) == net_dev.Traffic(2, 1, 3, 4, 5, 6)
    assert traffic_of(counters, counts_dropout=False) == net_dev.Traffic(2, 1, 3, 4, 5, None)


def own_bytes() -> dict[str, float]:
    found = net_dev.parse(Path("/proc/net/dev").read_text(encoding="utf-8"))
    return {name: each.received_bytes for name, each in found.items() if name != "lo"}


@linux
@pytest.mark.parametrize("is_linux", [True, False], ids=["by proc", "by psutil"])
def test_this_machines_traffic_agrees_with_its_proc(is_linux: bool) -> None:
    if not any(net_dev.is_of_machine(name) for name in own_bytes()):
        pytest.skip("this machine has no network interface of its own")
    collector = HostNetwork(context_of(), markers=(), is_linux=is_linux)
    before, found, after = own_bytes(), read(collector), own_bytes()
    received = {
        key[1]: value
        for key, value in found.items()
        if key[0] == "host_network_receive_bytes_total"
    }
    assert received
    for name, value in received.items():
        assert before[name] <= value <= after[name]


@linux
def test_the_kernel_tells_a_namespace_of_its_own_apart() -> None:
    """What HostNetwork builds on, as this kernel does it."""
    apart = ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs a kernel that lets this user make a network namespace (unshare)")
    shown = subprocess.run(
        [*apart, "ls", "/proc/sys/net/core"], capture_output=True, text=True, check=True
    )
    assert "somaxconn" in shown.stdout
    assert "netdev_budget" not in shown.stdout
