"""Prometheus's recording rules, as data."""

from pathlib import Path

import yaml

PROMETHEUS = Path(__file__).resolve().parents[1] / "prometheus"


def recording_rules() -> dict[str, str]:
    """Recorded series to the expression that it is recorded from."""
    return {
        rule["record"]: rule["expr"]
        for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if "record" in rule
    }
