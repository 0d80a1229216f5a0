"""What a running Prometheus says, asked over HTTP."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PrometheusApi:
    """A Prometheus at a base URL."""

    url: str

    def ask(self, what: str) -> Any:
        """The data of an answer of its API."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{what}", timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> float:
        """An instant query; 0 where there is no series."""
        found = self.ask(f"query?{urllib.parse.urlencode({'query': expression})}")["result"]
        assert len(found) <= 1, f"{expression} gives {len(found)} series"
        return float(found[0]["value"][1]) if found else 0.0

    def sums(self, label: str, expression: str) -> dict[str, float]:
        """The sums of an instant query by one label."""
        asked = urllib.parse.urlencode({"query": f"sum by ({label}) ({expression})"})
        found = self.ask(f"query?{asked}")["result"]
        return {one["metric"].get(label, ""): float(one["value"][1]) for one in found}

    def health_of_rules(self) -> dict[str, str]:
        """Each rule's health, and why it is not `ok` where it is not."""
        return {
            rule["name"]: rule.get("lastError") or rule["health"]
            for group in self.ask("rules")["groups"]
            for rule in group["rules"]
        }

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        alerts = self.ask("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
