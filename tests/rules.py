"""Prometheus's rules, as data."""

from pathlib import Path

import yaml

PROMETHEUS = Path(__file__).resolve().parents[1] / "prometheus"


def rules() -> dict[str, list[dict[str, str]]]:
    """The rules of each file, by its name; alerts are among them."""
    return {
        path.name: [
            rule
            for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
            for rule in group["rules"]
        ]
        for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
    }


def recording_rules() -> dict[str, str]:
    """Recorded series to the expression that it is recorded from."""
    return {
        rule["record"]: rule["expr"]
        for found in rules().values()
        for rule in found
        if "record" in rule
    }
