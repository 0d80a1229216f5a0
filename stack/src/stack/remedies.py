"""How to get what is missing, as one command of this machine's own package manager."""

import platform
import sys
from enum import Enum

_FEDORA = {"fedora", "rhel", "centos"}
_OLD = {"11", "12"}


class Manager(Enum):
    """Who installs programs here: its command, and whose packages' names it takes."""

    APT = ("sudo apt install", "Ubuntu")
    DEBIAN = ("sudo apt install", "Debian")
    OLD_DEBIAN = ("sudo apt install", "Debian 12")
    DNF = ("sudo dnf install", "Fedora")
    BREW = ("brew install", "Homebrew")
    OTHER = ("install", "")

    def command(self, thing: str) -> str:
        """What to type for one of `THINGS`; a sentence where no manager is known."""
        packages = THINGS[thing]
        return f"{self.value[0]} {packages.get(self) or packages[Manager.APT]}"


THINGS = {
    "alertmanager": {
        Manager.APT: "prometheus-alertmanager",
        Manager.DNF: "golang-github-prometheus-alertmanager",
        Manager.BREW: "alertmanager",
    },
    "compose": {
        Manager.APT: "docker-compose-v2",
        Manager.DEBIAN: "docker-compose",
        Manager.OLD_DEBIAN: "docker-compose-plugin, of Docker's own packages",
        Manager.DNF: "docker-compose",
        Manager.BREW: "docker-compose",
    },
    "docker": {
        Manager.APT: "docker.io docker-compose-v2",
        Manager.DEBIAN: "docker.io docker-compose",
        Manager.OLD_DEBIAN: "docker-ce docker-compose-plugin, of Docker's own packages",
        Manager.DNF: "moby-engine docker-compose",
        Manager.BREW: "--cask docker-desktop",
    },
    "node": {Manager.APT: "nodejs npm", Manager.DNF: "nodejs npm", Manager.BREW: "node"},
    "prometheus": {
        Manager.APT: "prometheus",
        Manager.DNF: "golang-github-prometheus",
        Manager.BREW: "prometheus",
    },
}
"""What may be missing, and the packages that bring it; Debian's where they differ from Ubuntu's.

Debian 12's own Compose is one of before the second.
"""


def manager_of(system: str, names: set[str], version: str = "") -> Manager:
    """By Python's name of the system, what a Linux calls itself and its kin, and which; pure."""
    if system == "darwin":
        return Manager.BREW
    if "ubuntu" in names:
        return Manager.APT
    if "debian" in names:
        return Manager.OLD_DEBIAN if version in _OLD else Manager.DEBIAN
    return Manager.DNF if names & _FEDORA else Manager.OTHER


def manager() -> Manager:
    """This machine's."""
    try:
        said = platform.freedesktop_os_release()
    except OSError:  # no Linux, or one that does not say
        said = {}
    names = {said.get("ID", ""), *said.get("ID_LIKE", "").split()}
    return manager_of(sys.platform, names, said.get("VERSION_ID", ""))
