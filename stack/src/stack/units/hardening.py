"""What a part may do, and how much of the machine it sees. Pure.

A unit of a user is not root: what needs a view of the file system of its own is had in a user
namespace (`PrivateUsers`), which not every machine lets users have, and in which other processes
cannot be looked into. The GPU exporter does just that, so its unit is without.
Source: systemd.exec(5); `systemd-analyze security` says what is left open.
"""

from enum import Enum

from stack.units.names import USER

Settings = tuple[tuple[str, str], ...]

WRITERS = ("prometheus", "alertmanager")
"""Parts that keep something on disk."""

_LOOKS_AROUND = "gpu-exporter"
_COMPILES = "portkey"


class Footing(Enum):
    """Whose units they are, and what that one may have."""

    SYSTEM = "system"
    USER = "user"
    USER_WITHOUT_NAMESPACES = "user, without user namespaces"

    @property
    def is_system(self) -> bool:
        """Whether they are the machine's own."""
        return self is Footing.SYSTEM


# A filter of system calls needs no privilege: every unit has it.
_CALLS: Settings = (
    ("NoNewPrivileges", "yes"),
    ("UMask", "0077"),
    ("LockPersonality", "yes"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    # the last is how the C library and Go learn of this machine's own addresses
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged process_vm_readv process_vm_writev"),
    ("SystemCallErrorNumber", "EPERM"),
)

# node makes machine code while it runs
_NO_NEW_CODE: Settings = (("MemoryDenyWriteExecute", "yes"),)

# Homes are empty but for what `unit.render` shows again.
_VIEW: Settings = (
    ("ProtectSystem", "strict"),
    ("ProtectHome", "tmpfs"),
    ("PrivateTmp", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
)

_NO_DEVICES: Settings = (("PrivateDevices", "yes"),)

# The energy that the CPU counts is root's to read, and so is who holds which card. Cards are read,
# never written to; what has no such card has no such device.
_OF_WHO_LOOKS_AROUND: Settings = (
    ("AmbientCapabilities", "CAP_DAC_READ_SEARCH CAP_SYS_PTRACE"),
    ("CapabilityBoundingSet", "CAP_DAC_READ_SEARCH CAP_SYS_PTRACE"),
    ("DevicePolicy", "closed"),
    ("DeviceAllow", "char-nvidia* rw"),
    ("DeviceAllow", "char-drm r"),
)

_OF_THE_OTHERS: Settings = (("CapabilityBoundingSet", ""), ("ProtectProc", "invisible"))


def hardening(part: str, footing: Footing) -> Settings:
    """The lines of a unit's section `[Service]` that take something away from a part."""
    lines = _CALLS if part == _COMPILES else _CALLS + _NO_NEW_CODE
    if footing.is_system:
        return lines + _VIEW + _of_system(part)
    if footing is Footing.USER and part != _LOOKS_AROUND:
        return (*lines, ("PrivateUsers", "yes"), *_VIEW, *_NO_DEVICES)
    return lines


def has_view(part: str, footing: Footing) -> bool:
    """Whether homes are empty for the part, so that it must be shown what it needs."""
    return ("ProtectHome", "tmpfs") in hardening(part, footing)


def _of_system(part: str) -> Settings:
    identity: Settings = (("DynamicUser", "yes"), ("User", USER))
    if part == _LOOKS_AROUND:
        return identity + _OF_WHO_LOOKS_AROUND
    return identity + _OF_THE_OTHERS + _NO_DEVICES
