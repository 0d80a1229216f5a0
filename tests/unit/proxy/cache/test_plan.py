"""What the cache is to be: the settings' word, else the gateway's configuration's."""

import pytest

from proxy.cache.plan import WEEK_SECONDS, Plan, plan_of
from proxy.portkey.config import PortkeyConfig
from proxy.settings import ProxySettings

TARGET = {"provider": "openai", "api_key": "x", "custom_host": "${ollama}"}


def plan(stanza: dict[str, object] | None, **told: object) -> Plan | None:
    settings = ProxySettings.model_validate(told)
    config = None
    if stanza is not None:
        config = PortkeyConfig.checked({**TARGET, **stanza})
    return plan_of(settings, config)


SEMANTIC: dict[str, object] = {"cache": {"mode": "semantic", "max_age": 60}}


@pytest.mark.parametrize(
    ("stanza", "told", "expected"),
    [
        (None, {}, None),
        ({}, {}, None),
        (None, {"cache": "simple"}, Plan("simple", WEEK_SECONDS)),
        ({"cache": {"mode": "simple"}}, {}, Plan("simple", WEEK_SECONDS)),
        (SEMANTIC, {}, Plan("semantic", 60)),
        ({"cache": {"mode": "simple", "max_age": 0.5}}, {}, Plan("simple", 0.5)),
        (SEMANTIC, {"cache": "off"}, None),
        (SEMANTIC, {"cache": "simple"}, Plan("simple", 60)),
        (SEMANTIC, {"cache_max_age_seconds": 5}, Plan("semantic", 5)),
        (None, {"cache": "semantic", "cache_max_age_seconds": 5}, Plan("semantic", 5)),
        (None, {"cache_max_age_seconds": 5}, None),
    ],
)
def test_what_is_told_where(
    stanza: dict[str, object] | None, told: dict[str, object], expected: Plan | None
) -> None:
    assert plan(stanza, **told) == expected


def test_only_a_semantic_plan_is_one() -> None:
    assert [Plan(mode, 1.0).is_semantic for mode in ("simple", "semantic")] == [False, True]
