"""What was started, remembered beside the supervisor, so that later verbs need not guess."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stack.parts import Address, Part
from stack.settings import KNOWN
from stack.variables import operator_variables

_FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts that run, the model API in words, and a digest of each variable.

    `digests` tells a changed variable without keeping its value, which may be a key. `wished`
    are the parts that verbs asked for, had or not; `gateway` is the address that the proxy
    sends requests through, None where they go direct. `api_url` is without credentials.
    """

    parts: tuple[Part, ...] = ()
    model_api: str = ""
    notes: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    wished: tuple[str, ...] = ()
    gateway: str | None = None
    api_url: str = ""

    def part(self, name: str) -> Part | None:
        """A part by its name."""
        return next((part for part in self.parts if part.name == name), None)

    def save(self, run: Path) -> None:
        """Write the plan, readable for us only."""
        path = run / _FILE
        path.touch(mode=0o600)
        saved = asdict(self)
        for part in saved["parts"]:
            del part["environment"]  # no later verb needs it, and it may hold keys
        path.write_text(json.dumps(saved, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, run: Path) -> "Plan | None":
        """The plan that was saved last; None where there is none that can be read."""
        try:
            saved = json.loads((run / _FILE).read_text(encoding="utf-8"))
            return cls(
                parts=tuple(map(_part, saved["parts"])),
                model_api=saved["model_api"],
                notes=tuple(saved["notes"]),
                digests=saved["digests"],
                wished=tuple(saved["wished"]),
                gateway=saved["gateway"],
                api_url=saved["api_url"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _part(saved: dict[str, Any]) -> Part:
    addresses = tuple(Address(**address) for address in saved.pop("addresses"))
    return Part(**{**saved, "addresses": addresses, "command": tuple(saved["command"])})


def digests(variables: Mapping[str, str]) -> dict[str, str]:
    """A short digest of every operator variable."""
    return {
        name: hashlib.sha256(value.encode()).hexdigest()[:16]
        for name, value in sorted(operator_variables(variables).items())
    }


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names of the variables that differ, ours first."""
    names = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    return sorted(names, key=lambda name: (name not in KNOWN, name))
