"""What network interfaces have carried, as Linux tells it in net/dev."""

import re
from dataclasses import dataclass

_FIELDS = 16
_NUMBER = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an interface has carried since it exists; None: the system does not count it.

    Units: bytes; errors and drops are counts.
    """

    received_bytes: float
    sent_bytes: float
    receive_errors: float
    transmit_errors: float
    receive_drops: float
    transmit_drops: float | None


_NOT_THE_MACHINES = re.compile(
    r"lo\d*"
    r"|veth.*|cali.*|cilium.*|lxc.*|vnet\d+|tap.*|fwln.*|fwpr.*"  # ends of containers and guests
    r"|br\d*|br-.*|bridge\d*|virbr.*|vmbr.*|fwbr.*|lxdbr.*|ovs-.*"  # bridges
    r"|docker.*|podman.*|cni.*|flannel.*|weave.*|kube-.*|nodelocaldns|vxlan.*|geneve?.*"
    r"|bond.*|team\d*|.*\.\d+|vlan\d+|macvlan.*|macvtap.*"  # carried by what counts them, too
    r"|dummy.*|ifb\d+|nlmon.*|(?:tunl|sit|gre|gretap|erspan|ip_vti|ip6tnl|ip6gre|ip6_vti)0"
    r"|gif\d+|stf\d+|awdl\d+|llw\d+|anpi\d+|vmenet\d+"  # macOS
)


def is_of_machine(name: str) -> bool:
    """Whether an interface is one of the machine's own: wired, wireless, or a VPN's.

    Not so loopback, what belongs to containers and guests, and bridges, bonds and VLANs: each of
    their bytes is in an interface below them as well, and would be counted twice. A VPN's are,
    too, but wrapped up; which tunnel carried how much is nowhere else.
    """
    return _NOT_THE_MACHINES.fullmatch(name) is None


def parse(text: str) -> dict[str, Traffic]:
    """The traffic of all interfaces by name; lines that are something else are left out.

    Source: Linux, net/core/net-procfs.c: 8 numbers of what was received, 8 of what was sent.
    """
    found = {}
    for line in text.split("\n"):
        name, _, rest = line.partition(":")
        numbers = rest.split()
        if not name.strip() or len(numbers) != _FIELDS or not all(map(_NUMBER.fullmatch, numbers)):
            continue
        values = [float(number) for number in numbers]
        found[name.strip()] = Traffic(
            received_bytes=values[0],
            sent_bytes=values[8],
            receive_errors=values[2],
            transmit_errors=values[10],
            receive_drops=values[3],
            transmit_drops=values[11],
        )
    return found
