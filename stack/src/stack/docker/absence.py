"""Why no Docker engine answers, and what helps: read from the words of its own command."""

import re
from dataclasses import dataclass

_SOCKET = re.compile(r"(unix|npipe)://[^\s;,]+")
_TOO_NEW = re.compile(r"client version (\S+) is too new.*API version is (\S+?)\.?$", re.IGNORECASE)
_LONGEST_WORDS = 160


@dataclass(frozen=True, slots=True)
class Absence:
    """Why, and what to type."""

    why: str
    remedy: str


def absence_of(said: str | None, system: str) -> Absence:
    """From what `docker info` complains of, None where it said nothing in time; pure.

    `system` is as of `sys.platform`. The words of client 28.2 were seen; those of
    others are as they are known to be.
    """
    if said is None:
        return Absence("the Docker engine does not answer in time", _restart(system))
    words = " ".join(said.split())
    found = _SOCKET.search(words)
    socket = found[0].rstrip(".:") if found else ""
    if "permission denied" in words.lower():
        return Absence(
            f"Docker's socket is not open to you ({socket or 'permission denied'})",
            "sudo usermod -aG docker $USER, then log in again (`newgrp docker` in this shell)",
        )
    if _is_down(words):
        where = f"nothing answers at {socket}" if socket else "nothing answers"
        return Absence(f"the Docker engine does not run, {where}", _start(socket, system))
    too_new = _TOO_NEW.search(words)
    if too_new:
        return Absence(
            f"the docker command is too new for its engine (API {too_new[1]}, it has {too_new[2]})",
            f"update the engine, or export DOCKER_API_VERSION={too_new[2]}",
        )
    return Absence(words[:_LONGEST_WORDS] or "no reason given", "`docker info` says more")


def _is_down(words: str) -> bool:
    lower = words.lower()
    signs = ("cannot connect to the docker daemon", "is the docker daemon running", "is running:")
    return any(
        sign in lower for sign in (*signs, "connection refused", "no such file or directory")
    )


def _start(socket: str, system: str) -> str:
    if "colima" in socket:
        return "colima start"
    if system == "darwin":
        return "open -a Docker"
    if "/.docker/desktop" in socket:
        return "systemctl --user start docker-desktop"
    # rootless: its socket lies in the folder of who is logged in
    if "/run/user/" in socket:
        return "systemctl --user start docker"
    return "sudo systemctl start docker (without systemd: sudo service docker start)"


def _restart(system: str) -> str:
    return "start Docker Desktop again" if system == "darwin" else "sudo systemctl restart docker"
