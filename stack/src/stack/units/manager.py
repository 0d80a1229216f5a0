"""systemd from outside, by `systemctl`: the machine's for root, else the user's own."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stack.errors import StackError
from stack.processes import Process
from stack.units.folders import SYSTEM_UNITS, user_units
from stack.units.hardening import Footing
from stack.units.names import PREFIX, TARGET, ours, part_of, unit_of
from stack.units.unit import CHECKOUT

_PROPERTIES = "Id,ActiveState,SubState,Result,MainPID,StateChangeTimestamp"
_ANSWERS_WITHIN_SECONDS = 20.0
_STARTS_WITHIN_SECONDS = 300.0

_STATES = {
    "active": "RUNNING",
    "activating": "STARTING",
    "reloading": "RUNNING",
    "deactivating": "STOPPING",
    "inactive": "STOPPED",
    "failed": "FATAL",
}
"""systemd's words for a unit, as the supervisor's for a process."""

Call = Callable[[Sequence[str], float], "subprocess.CompletedProcess[str]"]


def call(command: Sequence[str], within_seconds: float) -> "subprocess.CompletedProcess[str]":
    """Run a program; one that is not there, or does not end, has exit code 127 and says so."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=within_seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(list(command), 127, "", str(error))


@dataclass(frozen=True, slots=True)
class Manager:
    """A service manager, and the folder of its units."""

    is_system: bool
    units: Path
    call: Call = call

    def answers(self) -> str | None:
        """None where it does, else what was said instead."""
        done = self.ask("show", "--property=Version")
        return None if done.returncode == 0 else (done.stderr or done.stdout).strip()

    def require(self) -> None:
        """Raises: StackError where no manager answers."""
        found = self.answers()
        if found is None:
            return
        if self.is_system:
            what, hint = "systemd as this machine's first process", "`make start` does without"
        else:
            what = "a service manager of yours (systemctl --user)"
            hint = "behind `su` or `sudo` there is none: log in as the user, or `make start`"
        raise StackError(f"expected {what}, found none: {found}; {hint}")

    def footing(self) -> Footing:
        """What units may ask for here. A user's namespaces are tried: some machines have none."""
        if self.is_system:
            return Footing.SYSTEM
        asks = ("--property=PrivateUsers=yes", "--property=ProtectHome=tmpfs")
        words = ("systemd-run", "--user", "--wait", "--collect", "--quiet", *asks, "true")
        done = self.call(words, _ANSWERS_WITHIN_SECONDS)
        return Footing.USER if done.returncode == 0 else Footing.USER_WITHOUT_NAMESPACES

    def installed(self) -> list[str]:
        """Those units of ours that are there."""
        try:
            return ours(path.name for path in self.units.iterdir())
        except FileNotFoundError:
            return []

    def checkout(self) -> str | None:
        """Whose units these are; None where there is no target, or it does not say."""
        try:
            lines = (self.units / TARGET).read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        found = (line.removeprefix(CHECKOUT) for line in lines if line.startswith(CHECKOUT))
        return next(found, None)

    def is_active(self) -> bool:
        """Whether the target runs, or a part of it does."""
        states = (process.state for process in self.processes().values())
        return any(state not in ("STOPPED", "FATAL") for state in states)

    def processes(self) -> dict[str, Process]:
        """Every part that has a unit, as the supervisor would tell of it."""
        names = [name for name in self.installed() if name != TARGET]
        if not names:
            return {}
        done = self.ask("show", "--timestamp=unix", f"--property={_PROPERTIES}", *names)
        found = (process_of(block) for block in done.stdout.split("\n\n") if block.strip())
        return {process.name: process for process in found}

    def do(self, *words: str, within_seconds: float = _STARTS_WITHIN_SECONDS) -> None:
        """One of systemctl's verbs. Raises: StackError with what it says."""
        done = self.ask(*words, within_seconds=within_seconds)
        if done.returncode != 0:
            shown = " ".join(self.command(*words))
            raise StackError(f"`{shown}` failed: {(done.stderr or done.stdout).strip()}")

    def ask(
        self, *words: str, within_seconds: float = _ANSWERS_WITHIN_SECONDS
    ) -> "subprocess.CompletedProcess[str]":
        """One of systemctl's verbs, however it ends."""
        return self.call(self.command(*words), within_seconds)

    def command(self, *words: str) -> list[str]:
        """A call of systemctl, as somebody would type it."""
        return ["systemctl", *(() if self.is_system else ("--user",)), *words]

    def journal(self, *words: str) -> list[str]:
        """A call of journalctl."""
        return ["journalctl", *(() if self.is_system else ("--user",)), *words]

    def log_of(self, part: str) -> str:
        """What to type to read a part's log."""
        return " ".join(self.journal("-u", unit_of(part)))

    def logs(self) -> str:
        """What to type to read all of them."""
        return " ".join(self.journal("-f", "-u", f"'{PREFIX}*'"))


def manager_of(user_id: int, xdg_config_home: str, home: Path, call: Call = call) -> Manager:
    """The machine's manager for root, the user's own else."""
    if user_id == 0:
        return Manager(True, SYSTEM_UNITS, call)
    return Manager(False, user_units({"XDG_CONFIG_HOME": xdg_config_home}, home), call)


def process_of(block: str) -> Process:
    """What `systemctl show` tells of one unit, as the supervisor would."""
    told = dict(line.partition("=")[::2] for line in block.strip().splitlines())
    state = _STATES.get(told.get("ActiveState", ""), "UNKNOWN")
    if told.get("SubState") == "auto-restart":
        state = "BACKOFF"
    stamp = told.get("StateChangeTimestamp", "").removeprefix("@")
    since = int(stamp) if stamp.isdecimal() else 0
    pid = int(told.get("MainPID", "0"))
    result = told.get("Result", "success")
    return Process(
        name=part_of(told.get("Id", "")),
        state=state,
        pid=pid or None,
        since=since,
        uptime_seconds=max(0, int(datetime.now(UTC).timestamp()) - since) if since and pid else 0,
        detail="" if result == "success" else f"systemd says: {result}",
    )
