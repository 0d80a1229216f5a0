"""Configurations of the gateway, for tests."""

from typing import Any

PLAIN: dict[str, Any] = {"provider": "openai", "api_key": "k", "custom_host": "${ollama}"}
FALLBACK: dict[str, Any] = {"strategy": {"mode": "fallback"}, "targets": [PLAIN, PLAIN]}


def with_(**told: object) -> dict[str, Any]:
    """A plain configuration, but for what is told."""
    return {**PLAIN, **told}


def conditional(*names: str, **strategy: object) -> dict[str, Any]:
    """Targets of these names under a condition, which leads to `a` unless told otherwise."""
    usual = {
        "mode": "conditional",
        "conditions": [{"query": {"params.model": {"$eq": "m"}}, "then": "a"}],
        "default": "a",
    }
    targets = [with_(name=name) if name else PLAIN for name in names]
    return {"strategy": {**usual, **strategy}, "targets": targets}
