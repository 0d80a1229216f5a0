"""Whether the exporter is in a container that does not see the machine's network."""

from pathlib import Path

MARKERS = (
    Path("/.dockerenv"),
    Path("/run/.containerenv"),
    Path("/var/run/secrets/kubernetes.io/serviceaccount"),
)
"""Left in containers by Docker, Podman and Kubernetes."""


def has_network_of_its_own(markers: tuple[Path, ...] = MARKERS, proc: Path = Path("/proc")) -> bool:
    """Whether /proc/net of this process is a container's and not the machine's.

    A marker alone does not say so: a container may share the machine's network, and a virtual
    machine may have been made from an image. The kernel shows its budget for network work in the
    first network namespace only.
    """
    if not any(_is_there(marker) for marker in markers):
        return False
    return not _is_there(proc / "sys/net/core/netdev_budget")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
