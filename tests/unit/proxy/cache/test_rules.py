"""What the cache was told, in one place."""

from proxy.cache.making import rules_of
from proxy.cache.rules import Rules
from proxy.settings import ProxySettings


def test_rules_are_the_settings_as_the_cache_reads_them() -> None:
    told = {
        "cache_max_request_bytes": 2000,
        "cache_max_answer_bytes": 3000,
        "cache_shared_by_callers": True,
        "cache_share_in_flight": True,
        "cache_replay": "recorded",
        "user_header": " X-User ",
        "request_id_header": "X-Id",
    }
    assert rules_of(ProxySettings.model_validate(told)) == Rules(
        request_limit_bytes=2000,
        answer_limit_bytes=3000,
        is_shared_by_callers=True,
        shares_flights=True,
        keeps_pace=True,
        user_header=b"x-user",
        request_id_header=b"X-Id",
    )
