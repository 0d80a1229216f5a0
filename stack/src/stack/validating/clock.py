"""The clock: Prometheus takes nothing that is older than what it has, and pages show ages."""

from datetime import UTC, datetime
from pathlib import Path

from stack.outside import finished
from stack.validating.finding import Finding

_AHEAD_SECONDS = 60.0
_REMEDY = "sudo timedatectl set-ntp true (macOS: System Settings, Date & Time)"


def look(data: Path) -> Finding:
    """The clock beside the time of what Prometheus wrote last."""
    done = finished(["timedatectl", "show", "--property", "NTPSynchronized", "--value"], 5.0)
    said = done.stdout.strip() if done is not None and done.returncode == 0 else ""
    return of_clock(datetime.now(UTC), newest(data), said)


def of_clock(now: datetime, written: float | None, synchronised: str) -> Finding:
    """Whether it can be right; pure. `written` in seconds since 1970; `synchronised` yes or no."""
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if written is not None and written > now.timestamp() + _AHEAD_SECONDS:
        last = f"{datetime.fromtimestamp(written, UTC):%Y-%m-%d %H:%M}"
        why = f"{shown}, and Prometheus wrote at {last}: it takes nothing older"
        return Finding("clock", None, why, _REMEDY)
    if synchronised == "no":
        return Finding("clock", None, f"{shown}, not synchronised with any other", _REMEDY)
    return Finding("clock", True, shown + (", synchronised" if synchronised == "yes" else ""))


def newest(data: Path) -> float | None:
    """When one of Prometheus's files was written last; None where there is none."""
    try:
        return max((path.stat().st_mtime for path in (data / "wal").iterdir()), default=None)
    except OSError:
        return None
