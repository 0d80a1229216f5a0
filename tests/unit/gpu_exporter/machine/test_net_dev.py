"""What interfaces carried is read, and which of them are the machine's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.machine.net_dev import Traffic, is_of_machine, parse

HEAD = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo \
colls carrier compressed
"""
FILE = f"""{HEAD}\
    lo: 297664987109 105749594    0    0    0     0          0         0 297664987109 105749594 \
0    0    0     0       0          0
  eth0: 6252144333  172359    1    2    3     4          5         6 10540068   96189    7    8 \
9    10       11          12
"""


def line(name: str, numbers: list[int]) -> str:
    return f"{name}: {' '.join(map(str, numbers))}"


def test_what_an_interface_carried_is_read() -> None:
    found = parse(FILE)
    assert list(found) == ["lo", "eth0"]
    assert found["eth0"] == Traffic(
        received_bytes=6252144333,
        sent_bytes=10540068,
        receive_errors=1,
        transmit_errors=7,
        receive_drops=2,
        transmit_drops=8,
    )


def test_a_number_that_touches_the_name_is_a_number() -> None:
    assert parse(line("eth0", [12] * 16).replace(": ", ":"))["eth0"].received_bytes == 12


@pytest.mark.parametrize(
    "text",
    ["", HEAD, "eth0: 1 2 3", line("eth0", [1] * 17), line("", [1] * 16), line("eth0", [-1] * 16)],
)
def test_what_is_no_interface_is_left_out(text: str) -> None:
    assert parse(text) == {}


counts = st.lists(st.integers(0, 2**64 - 1), min_size=16, max_size=16)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-_@", min_size=1, max_size=15)


@given(st.dictionaries(names, counts, max_size=5))
def test_every_interface_is_found(interfaces: dict[str, list[int]]) -> None:
    text = HEAD + "\n".join(line(name, numbers) for name, numbers in interfaces.items())
    assert {name: (each.received_bytes, each.sent_bytes) for name, each in parse(text).items()} == {
        name: (float(numbers[0]), float(numbers[8])) for name, numbers in interfaces.items()
    }


@given(st.binary())
def test_any_bytes_are_read_without_failing(data: bytes) -> None:
    parse(data.decode("utf-8", "replace"))


@given(st.lists(st.sampled_from(["eth0", ":", " ", "\n", "1", "9" * 400, "x", "-1", "٣"])))
def test_what_looks_like_the_file_is_read_without_failing(pieces: list[str]) -> None:
    parse("".join(pieces))


@pytest.mark.parametrize(
    "name",
    [
        *("eth0", "eno1", "enp3s0f1np1", "ens18", "enx00e04c680001", "en0", "usb0"),
        *("wlan0", "wlp0s20f3", "wwan0", "ib0", "venet0", "ppp0"),
        *("wg0", "tun0", "tailscale0", "utun3", "zt5u4y6ejv", "nordlynx"),
        *("gre1", "sit6", "lowpan0", "bridgewater", "broadcom"),
    ],
)
def test_the_machines_interfaces_and_its_vpns_are_kept(name: str) -> None:
    assert is_of_machine(name)


@pytest.mark.parametrize(
    "name",
    [
        *("lo", "lo0", "veth3f2a1b0", "calif00", "cilium_host", "lxc12ab34", "vnet0", "tap100i0"),
        *("docker0", "docker_gwbridge", "br-5d1c2f0a9e3b", "br0", "virbr0", "virbr0-nic", "vmbr0"),
        *("lxcbr0", "lxdbr0", "podman0", "cni0", "cni-podman0", "flannel.1", "weave", "bridge100"),
        *("kube-ipvs0", "nodelocaldns", "vxlan.calico", "genev_sys_6081", "ovs-system"),
        *("bond0", "team0", "eth0.100", "vlan20", "macvlan0", "macvtap0"),
        *("dummy0", "ifb1", "tunl0", "sit0", "gretap0", "erspan0", "ip_vti0", "ip6tnl0"),
        *("gif0", "stf0", "awdl0", "llw0", "anpi1", "fwbr100i0", "fwpr100p0", "fwln100i0"),
    ],
)
def test_what_others_carry_or_what_is_not_the_machines_is_not(name: str) -> None:
    assert not is_of_machine(name)
