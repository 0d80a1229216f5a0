"""Durations as Prometheus and Alertmanager write them, shortened for drills."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def shortened(count: str, unit: str, time_scale: float) -> str:
    """A duration times `time_scale`, in whole milliseconds, of which there is at least one."""
    return f"{max(1, round(int(count) * _SECONDS[unit] * time_scale * 1000))}ms"
