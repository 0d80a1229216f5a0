"""Where units and what they read lie: a user's in the checkout and the home, else in /etc and /var.

What the parts keep is the same as `make start`'s for a user. As root it is in /var/lib: the parts
run as somebody else, who has nothing in a checkout.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.places import Places
from stack.units.hardening import WRITERS
from stack.units.names import USER

SYSTEM_UNITS = Path("/etc/systemd/system")

_SYSTEM_FILES = Path("/etc") / USER
_SYSTEM_STATE = Path("/var/lib") / USER
_SYSTEM_LOG = Path("/var/log") / USER
_SYSTEM_LOCK = Path("/run") / USER


@dataclass(frozen=True, slots=True)
class UnitPlaces(Places):
    """The folders of one stack under systemd; `files` holds what units read, keys among it."""

    files: Path
    is_system: bool

    @property
    def run(self) -> Path:
        """What `make start` writes into a folder of its own, so that neither meets the other."""
        return self.files

    @property
    def log(self) -> Path:
        """What apt and npm said; what the parts say is in the journal."""
        return _SYSTEM_LOG if self.is_system else self.state / "log"

    @property
    def lock(self) -> Path:
        """Where the lock is: a folder of its own as root, since the parts enter `files`."""
        return _SYSTEM_LOCK if self.is_system else self.files

    def private_folders(self, parts: Collection[str]) -> tuple[Path, ...]:
        """Folders to make; what the system's parts keep lies where systemd makes it."""
        own = (self.files, self.log)
        return own if self.is_system else (*own, *Places.private_folders(self, parts))

    def kept_by(self, part: str) -> Path | None:
        """What a part keeps on disk; None for one that keeps nothing."""
        return self.state / f"{part}-data" if part in WRITERS else None

    def environment_of(self, part: str) -> Path:
        """The file with a part's variables."""
        return self.files / f"{part}.env"


def unit_places(places: Places, is_system: bool) -> UnitPlaces:
    """The folders under systemd of a stack that has `places` under supervisor."""
    if is_system:
        files, state = _SYSTEM_FILES, _SYSTEM_STATE
    else:
        files, state = places.state / "service", places.state
    return UnitPlaces(places.repository, state, places.downloads, files, is_system)


def user_units(variables: Mapping[str, str], home: Path) -> Path:
    """Where a user's units lie. Source: XDG Base Directory Specification."""
    configured = variables.get("XDG_CONFIG_HOME", "")
    return (Path(configured) if configured else home / ".config") / "systemd/user"
